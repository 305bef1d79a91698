import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect } from 'vitest'
import { newFolder } from '../new-folder.ts'

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
export const executablePath = [process.env.CHROMIUM, ...CANDIDATES].find(
  (file) => file !== undefined && existsSync(file),
)
export const why =
  executablePath === undefined ? ' (skipped: no Chromium on this machine; CHROMIUM=/path/to/it names one)' : ''

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: executablePath as string, args: ARGS })
}

/**
 * Has a browser and a page for all tests around.
 * @param write writes the page into a folder, and says into which file
 * @returns what opens it in a tab of its own, and hears all that it complains of, or asks for beside itself
 */
export function inBrowser(write: (folder: string) => Promise<string>) {
  let folder: string
  let url: string
  let browser: Browser
  beforeAll(async () => {
    folder = newFolder()
    url = pathToFileURL(await write(folder)).href
    browser = await launch()
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
  })
  return async (width: number, colorScheme: 'light' | 'dark' = 'light') => {
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
}

/** What each of these selects stands out from its ground, in light and in dark. */
export async function expectContrast(open: ReturnType<typeof inBrowser>, selectors: readonly string[]): Promise<void> {
  for (const scheme of ['light', 'dark'] as const) {
    const { page } = await open(1280, scheme)
    for (const selector of selectors) {
      expect(await contrast(page, selector), `${selector} in ${scheme}`).toBeGreaterThan(4.5)
    }
    await page.close()
  }
}

// What runs in the page is handed over as text: this project knows no DOM.

export function overflow(page: Page): Promise<{ page: number; culprits: string[] }> {
  return page.evaluate(`(() => {
    const root = document.documentElement
    const wide = [...document.querySelectorAll('main *')].filter((each) =>
      each.closest('.scroll, svg, details') === null && each.getBoundingClientRect().right > root.clientWidth + 1)
    return { page: root.scrollWidth - root.clientWidth, culprits: wide.map((each) => each.tagName + '.' + each.className) }
  })()`)
}

export function drawn(page: Page): Promise<{ id: string; drawings: number; isBig: boolean; hasMarks: boolean }[]> {
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
export function smallestText(page: Page): Promise<number> {
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
