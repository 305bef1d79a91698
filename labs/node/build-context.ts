// Puts together what the image `lab-node` is built from: node dist-labs/node/build-context.js FOLDER
// The folder is emptied and filled; its name and the hash of all that is in it are printed as JSON, so that an image
// with that hash in a label need not be built again. Then: docker build -t lab-node FOLDER

import { createHash } from 'node:crypto'
import { cpSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

interface Manifest {
  readonly version: string
  readonly dependencies?: Readonly<Record<string, string>>
}

/** What the applications of labs/ import from npm. */
const PACKAGES = [
  '@fastify/formbody',
  '@fastify/swagger',
  '@fastify/swagger-ui',
  'commander',
  'fastify',
  'fastify-type-provider-zod',
  'libpg-query',
  'pg',
  'preact',
  'preact-render-to-string',
  'prom-client',
  'yaml',
  'zod',
]

const compiled = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const root = path.dirname(compiled)

function buildContext(folder: string): { readonly folder: string; readonly hash: string } {
  rmSync(folder, { recursive: true, force: true })
  const app = path.join(folder, 'app')
  mkdirSync(app, { recursive: true })
  for (const name of ['Dockerfile', 'answers']) cpSync(path.join(root, 'labs', 'node', name), path.join(folder, name))
  cpSync(compiled, app, { recursive: true })
  writeFileSync(path.join(app, 'package.json'), '{ "type": "module" }\n')
  for (const name of PACKAGES) copyPackage(name, compiled, path.join(app, 'node_modules'))
  const runtime = folderOf('node', root)
  const hash = hashOf(folder, manifestOf(runtime).version)
  linkOrCopy(path.join(runtime, 'bin', 'node'), path.join(folder, 'node'))
  return { folder, hash }
}

/** Copies a package with what lies below it, and those that it finds beside or above it. */
function copyPackage(name: string, importer: string, target: string): void {
  const source = folderOf(name, importer)
  const copy = path.join(target, name)
  if (existsSync(copy)) {
    if (manifestOf(copy).version === manifestOf(source).version) return
    throw new Error(`two versions of ${name} are wanted: ${manifestOf(copy).version}, ${manifestOf(source).version}`)
  }
  cpSync(source, copy, { recursive: true })
  for (const each of Object.keys(manifestOf(source).dependencies ?? {})) {
    if (!existsSync(path.join(source, 'node_modules', each))) copyPackage(each, source, target)
  }
}

/** Where Node would find a package from there. */
function folderOf(name: string, from: string): string {
  for (let folder = from; ; folder = path.dirname(folder)) {
    const found = path.join(folder, 'node_modules', name)
    if (existsSync(path.join(found, 'package.json'))) return found
    if (folder === path.dirname(folder)) throw new Error(`the package ${name} is not installed`)
  }
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as Manifest
}

/** The runtime's version stands for its bytes: they are many. */
function hashOf(folder: string, runtime: string): string {
  const hash = createHash('sha256').update(runtime)
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  for (const file of files.map((entry) => path.join(entry.parentPath, entry.name)).sort()) {
    hash.update(`\0${path.relative(folder, file)}\0`).update(readFileSync(file))
  }
  return hash.digest('hex')
}

/** A second name for the same file, which costs nothing, where the file system allows it. */
function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to)
  } catch {
    cpSync(from, to)
  }
}

const folder = process.argv[2]
if (folder === undefined) {
  process.stderr.write('usage: build-context FOLDER\n')
  process.exitCode = 2
} else {
  process.stdout.write(`${JSON.stringify(buildContext(path.resolve(folder)))}\n`)
}
