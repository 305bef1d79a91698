import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { orElse } from '../model/did-you-mean.ts'
import { packageRoot } from './package.ts'

/** A lab that comes with the package. */
export interface ShippedLab {
  /** What `--lab` calls it; the first is its folder's. */
  readonly names: readonly [string, ...string[]]
  /** Its definition, as short as it can be written from here. */
  readonly file: string
}

/** The Patroni lab first, which `--lab` means where it is not given; then every folder of `labs/` with a lab.yaml. */
export function shippedLabs(root = packageRoot): readonly ShippedLab[] {
  const folders = readdirSync(path.join(root, 'labs'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(path.join(root, 'labs', entry.name, LAB_FILE)))
    .map(({ name }) => name)
  return [
    { names: ['hw3', 'patroni'], file: shortest(path.join(root, 'hw3', LAB_FILE)) },
    ...folders.sort().map((name): ShippedLab => {
      return { names: [name], file: shortest(path.join(root, 'labs', name, LAB_FILE)) }
    }),
  ]
}

/** The files of all definitions that come with the package: beside a lab's own there may be others of its kind. */
export function shippedFiles(root = packageRoot): readonly string[] {
  return shippedLabs(root).flatMap(({ file }) => {
    const folder = path.dirname(file)
    const others = readdirSync(folder).filter((name) => /^lab-.+\.yaml$/.test(name))
    return [file, ...others.sort().map((name) => path.join(folder, name))]
  })
}

/** The file of the lab that is meant where none is named. */
export function defaultLab(): string {
  return shortest(path.join(packageRoot, 'hw3', LAB_FILE))
}

/**
 * The file of a lab definition, by the name of a lab that ships, or by a path: of the file, or of its folder.
 * @throws {Error} where it is neither, with the name that was most likely meant
 */
export function labFile(nameOrPath: string, root = packageRoot): string {
  const labs = shippedLabs(root)
  const named = labs.find(({ names }) => names.includes(nameOrPath))
  if (named) return named.file
  const inside = path.join(nameOrPath, LAB_FILE)
  if (existsSync(inside)) return inside
  if (existsSync(nameOrPath) || /[/\\]|\.ya?ml$/.test(nameOrPath)) return nameOrPath
  const known = labs.flatMap(({ names }) => names)
  throw new Error(
    `no such lab: ${nameOrPath}; ${orElse(nameOrPath, known)} (chaoslab labs lists them; the path of a file will do, too)`,
  )
}

/** What `--lab` has to say for this file: the name of a lab that ships, else the file; null where it may be left out. */
export function labArgument(file: string): string | null {
  const shipped = shippedLabs().find((lab) => path.resolve(lab.file) === path.resolve(file))
  if (shipped === undefined) return file
  return shipped.file === defaultLab() ? null : shipped.names[0]
}

/** The lab that ships whose scenario this is by where it lies, if that is another one than that of this file. */
export function otherLabOf(scenario: string, file: string): ShippedLab | undefined {
  const isBeside = (lab: string) => !path.relative(path.dirname(lab), scenario).startsWith('..')
  return isBeside(file) ? undefined : shippedLabs().find((lab) => isBeside(lab.file))
}

const LAB_FILE = 'lab.yaml'

function shortest(file: string): string {
  const relative = path.relative(process.cwd(), file)
  return relative.startsWith('..') ? file : relative
}
