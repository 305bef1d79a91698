import { describe, expect, it } from 'vitest'
import { summarise } from '../../src/report/summarise.ts'
import { writeReport } from '../../src/report/write-report.ts'
import { drawn, executablePath, expectContrast, inBrowser, overflow, smallestText, why } from './browser.ts'
import { leaderKill, lossyAudit, lossyAutopsy, wholeLedger } from './fixture.ts'

describe.skipIf(executablePath === undefined)(`the page in a browser${why}`, () => {
  const open = inBrowser(async (folder) => {
    const run = {
      name: 'a run with a name that is as long as names of runs can get, and then some',
      events: leaderKill(),
    }
    const report = await summarise({ ...run, ledger: wholeLedger, audit: lossyAudit, autopsy: lossyAutopsy })
    return (await writeReport(folder, report)).html
  })

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
    const text = ['h1', '.why', '.card dt', '.card dd.bad', 'figcaption p', 'tbody th', 'tr.zero td', '.badge']
    await expectContrast(open, [...text, 'svg.wide text.tick', 'svg.wide text.lane'])
  }, 120_000)
})
