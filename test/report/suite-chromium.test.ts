import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeSuite } from '../../src/report/write-report.ts'
import { contrast, drawn, executablePath, launch, openPage, overflow, smallestText, why } from './browser.ts'
import { suite } from './suite-fixture.ts'

describe.skipIf(executablePath === undefined)(`the page of a suite in a browser${why}`, () => {
  let folder: string
  let url: string
  let browser: Browser

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'chaoslab-suite-page-'))
    const long = 'a scenario with a name that is as long as names of scenarios can get, and then some'
    const scenarios = suite.scenarios.map((each, index) => (index === 0 ? { ...each, name: long } : each))
    url = pathToFileURL((await writeSuite(folder, { ...suite, scenarios })).html).href
    browser = await launch()
  }, 120_000)

  afterAll(async () => {
    await browser?.close()
    await rm(folder, { recursive: true, force: true })
  })

  const open = (width: number, scheme?: 'light' | 'dark') => openPage(browser, url, width, scheme)

  it.each([1280, 390])(
    'is silent, drawn, readable, and no wider than the screen at %i px',
    async (width) => {
      const { page, complaints } = await open(width)
      expect(complaints).toEqual([])
      expect(await overflow(page)).toEqual({ page: 0, culprits: [] })
      const plots = await drawn(page)
      expect(plots).toMatchObject([{ id: 'outage-bars-plot', drawings: 1, isBig: true, hasMarks: true }])
      expect(await smallestText(page)).toBeGreaterThan(9)
      await page.close()
    },
    30_000,
  )

  it('has text that stands out from its ground in light and dark', async () => {
    for (const scheme of ['light', 'dark'] as const) {
      const { page } = await open(1280, scheme)
      for (const selector of [
        'h1',
        '.why',
        '.verdict.pass',
        '.verdict.fail',
        '.verdict.unknown',
        '.is-bad',
        '.is-none',
        '.compared small',
        'tr.implied td',
        'svg.wide text.value',
      ]) {
        expect(await contrast(page, selector), `${selector} in ${scheme}`).toBeGreaterThan(4.5)
      }
      await page.close()
    }
  }, 120_000)
})
