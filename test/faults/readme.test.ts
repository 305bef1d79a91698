import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { catalogueAsMarkdown } from '../../src/systems/catalogue.ts'

test('the README lists the catalogue as it is', () => {
  expect(readFileSync('README.md', 'utf8')).toContain(catalogueAsMarkdown().trim())
})
