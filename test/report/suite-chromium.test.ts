import { describe, expect, it } from 'vitest'
import { writeSuite } from '../../src/report/write-report.ts'
import { drawn, executablePath, expectContrast, inBrowser, overflow, smallestText, why } from './browser.ts'
import { suite } from './suite-fixture.ts'

describe.skipIf(executablePath === undefined)(`the page of a suite in a browser${why}`, () => {
  const open = inBrowser(async (folder) => {
    const long = 'a scenario with a name that is as long as names of scenarios can get, and then some'
    const scenarios = suite.scenarios.map((each, index) => (index === 0 ? { ...each, name: long } : each))
    return (await writeSuite(folder, { ...suite, scenarios })).html
  })

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
    const verdicts = ['.verdict.pass', '.verdict.fail', '.verdict.unknown', '.is-bad', '.is-none']
    await expectContrast(open, ['h1', '.why', ...verdicts, '.compared small', 'tr.implied td', 'svg.wide text.value'])
  }, 120_000)
})
