import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { summarise } from '../../src/report/summarise.ts'
import { writeReport } from '../../src/report/write-report.ts'
import { contrast, drawn, executablePath, launch, openPage, overflow, smallestText, why } from './browser.ts'
import { leaderKill, lossyAudit, lossyAutopsy, wholeLedger } from './fixture.ts'

describe.skipIf(executablePath === undefined)(`the page in a browser${why}`, () => {
  let folder: string
  let url: string
  let browser: Browser

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'chaoslab-page-'))
    const run = {
      name: 'a run with a name that is as long as names of runs can get, and then some',
      events: leaderKill(),
    }
    const report = await summarise({ ...run, ledger: wholeLedger, audit: lossyAudit, autopsy: lossyAutopsy })
    url = pathToFileURL((await writeReport(folder, report)).html).href
    browser = await launch()
  }, 120_000)

  afterAll(async () => {
    await browser?.close()
    await rm(folder, { recursive: true, force: true })
  })

  const open = (width: number, scheme?: 'light' | 'dark') => openPage(browser, url, width, scheme)

  it.each([1280, 390])(
    'is silent, drawn, and no wider than the screen at %i px',
    async (width) => {
      const { page, complaints } = await open(width)
      expect(complaints).toEqual([])
      expect(await overflow(page)).toEqual({ page: 0, culprits: [] })
      const plots = await drawn(page)
      expect(plots.length).toBe(7)
      for (const plot of plots) expect(plot).toMatchObject({ drawings: 1, isBig: true, hasMarks: true })
      await page.close()
    },
    30_000,
  )

  it.each([1280, 390])(
    'has no text in a plot that is too small to read at %i px',
    async (width) => {
      const { page } = await open(width)
      expect(await smallestText(page)).toBeGreaterThan(9)
      await page.close()
    },
    30_000,
  )

  it('sees a page that is too wide, and a plot that was not drawn', async () => {
    const { page } = await open(390)
    await page.evaluate(`document.querySelector('h1').innerHTML = '<div style="width: 900px">wide</div>'`)
    await page.evaluate(`document.querySelector('figure svg.narrow').innerHTML = ''`)
    expect((await overflow(page)).page).toBeGreaterThan(400)
    expect((await drawn(page))[0]).toMatchObject({ hasMarks: false })
    await page.close()
  }, 120_000)

  it('has text that stands out from its ground in light and dark', async () => {
    for (const scheme of ['light', 'dark'] as const) {
      const { page } = await open(1280, scheme)
      for (const selector of [
        'h1',
        '.why',
        '.card dt',
        '.card dd.bad',
        'figcaption p',
        'tbody th',
        'tr.zero td',
        '.badge',
        'svg.wide text.tick',
        'svg.wide text.lane',
      ]) {
        expect(await contrast(page, selector), `${selector} in ${scheme}`).toBeGreaterThan(4.5)
      }
      await page.close()
    }
  }, 120_000)
})
