import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { tables } from './tables.ts'

const root = path.resolve(import.meta.dirname, '..', '..')
const pages = [
  'README.md',
  ...readdirSync('docs')
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
  ...readdirSync('labs')
    .map((lab) => `labs/${lab}/README.md`)
    .filter(existsSync),
]
const read = (page: string) => readFileSync(path.join(root, page), 'utf8')

const GENERATED = /(<!-- ([a-z-]+): generated from [^>]+ -->\n)(?:.*?)(<!-- \/\2 -->)/gs

describe('what a page shows of a table in the code is as the table has it (update it with `vitest -u test/docs`)', () => {
  test.each(pages)('%s', async (page) => {
    const filled = read(page).replaceAll(GENERATED, (_, begin, name, end) => {
      const made = tables[name]
      if (made === undefined) throw new Error(`${page}: no table is called ${name}`)
      return `${begin}\n${made().trim()}\n\n${end}`
    })
    await expect(filled).toMatchFileSnapshot(path.join(root, page))
  })

  test('every table is on a page', () => {
    const shown = pages.flatMap((page) => [...read(page).matchAll(GENERATED)].map(([, , name]) => name))
    expect(shown.sort()).toEqual(Object.keys(tables).sort())
  })
})

describe('every link leads somewhere', () => {
  test.each([...pages, 'hw3/HW_3_SOLUTION.md'])('%s', (page) => {
    const links = [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link as string)
    expect(links.filter((link) => !/^https?:/.test(link) && !leads(page, link))).toEqual([])
  })
})

test('the README is short enough to be read to its end', () => {
  expect(read('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(200)
})

function leads(page: string, link: string): boolean {
  const [file = '', anchor] = link.split('#')
  const target = file === '' ? page : path.join(path.dirname(page), file)
  if (!existsSync(path.join(root, target))) return false
  return anchor === undefined || anchorsOf(target).includes(anchor)
}

/** As GitHub and GitLab make them of headings. */
function anchorsOf(page: string): readonly string[] {
  return [...prose(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  )
}

/** Without blocks of code, in which nothing is a link. */
function prose(page: string): string {
  return read(page).replaceAll(/^```.*?^```$/gms, '')
}
