import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { summarise } from '../../src/report/summarise.ts'
import { writeReport } from '../../src/report/write-report.ts'
import { leaderKill, lossyAudit, lossyAutopsy, wholeLedger } from './fixture.ts'

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const executablePath = [process.env.CHROMIUM, ...CANDIDATES].find((file) => file !== undefined && existsSync(file))
const why =
  executablePath === undefined ? ' (skipped: no Chromium on this machine; CHROMIUM=/path/to/it names one)' : ''

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
    browser = await chromium.launch({
      executablePath: executablePath as string,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    })
  }, 60_000)

  afterAll(async () => {
    await browser?.close()
    await rm(folder, { recursive: true, force: true })
  })

  async function open(width: number, colorScheme: 'light' | 'dark' = 'light') {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme })
    const complaints: string[] = []
    page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`))
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('request', (request) => {
      if (request.url() !== url && !request.url().startsWith('data:')) complaints.push(`asks for ${request.url()}`)
    })
    await page.goto(url)
    return { page, complaints }
  }

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
  }, 30_000)

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
  }, 30_000)
})

// What runs in the page is handed over as text: this project knows no DOM.

function overflow(page: Page): Promise<{ page: number; culprits: string[] }> {
  return page.evaluate(`(() => {
    const root = document.documentElement
    const wide = [...document.querySelectorAll('main *')].filter((each) =>
      each.closest('.scroll, svg, details') === null && each.getBoundingClientRect().right > root.clientWidth + 1)
    return { page: root.scrollWidth - root.clientWidth, culprits: wide.map((each) => each.tagName + '.' + each.className) }
  })()`)
}

function drawn(page: Page): Promise<{ id: string; drawings: number; isBig: boolean; hasMarks: boolean }[]> {
  return page.evaluate(`[...document.querySelectorAll('figure[data-plot]')].map((figure) => {
    const shown = [...figure.querySelectorAll(':scope > svg')].filter((svg) => getComputedStyle(svg).display !== 'none')
    const box = shown[0].getBoundingClientRect()
    const marks = [...shown[0].querySelectorAll('path, rect')].filter((mark) => {
      const { width, height } = mark.getBBox()
      return width > 0.5 && (height > 0.5 || mark.tagName === 'path')
    })
    return { id: figure.id, drawings: shown.length, isBig: box.width > 250 && box.height > 80, hasMarks: marks.length > 0 }
  })`)
}

/** In pixels of the screen. */
function smallestText(page: Page): Promise<number> {
  return page.evaluate(`Math.min(...[...document.querySelectorAll('figure > svg text')]
    .filter((text) => text.getClientRects().length > 0)
    .map((text) => {
      const svg = text.ownerSVGElement
      return parseFloat(getComputedStyle(text).fontSize) * (svg.getBoundingClientRect().width / svg.viewBox.baseVal.width)
    }))`)
}

/** As WCAG 2 measures it. */
function contrast(page: Page, selector: string): Promise<number> {
  return page.evaluate(`(() => {
    const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number)
    const light = ([r, g, b]) => [r, g, b].map((value) => value / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
      .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0)
    const element = document.querySelector(${JSON.stringify(selector)})
    let ground = element
    while (ground && numbers(getComputedStyle(ground).backgroundColor)[3] === 0) ground = ground.parentElement
    const a = light(numbers(element.tagName === 'text' ? getComputedStyle(element).fill : getComputedStyle(element).color))
    const b = light(numbers(getComputedStyle(ground ?? document.body).backgroundColor))
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
  })()`)
}
