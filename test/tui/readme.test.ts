import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { keysAsMarkdown } from '../../src/tui/keys.ts'

test('the README lists the keys as the table has them', () => {
  expect(readFileSync('README.md', 'utf8')).toContain(keysAsMarkdown().trim())
})
