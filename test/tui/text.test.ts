import xterm from '@xterm/headless'
import { describe, expect, test } from 'vitest'
import { cellWidth, clean, cut, fitText, wrapText } from '../../src/draw/cells.ts'
import { bars, gauge, roundUp } from '../../src/draw/chart.ts'
import { age, bytes, count, lasted, latency, runTime } from '../../src/draw/format.ts'
import { fitLine, line, lineWidth, span, spread, textOf } from '../../src/draw/line.ts'
import { createPainter, wantsColor } from '../../src/draw/paint.ts'
import { table } from '../../src/draw/table.ts'
import { formatLsn } from '../../src/model/units.ts'

const samples = [
  'plain',
  'ошибка: не удалось подключиться',
  'データベース',
  '한국어',
  'e\u0301te\u0301',
  '×·–…●○✗✓▸▲█▁╭─╮│',
  'ﾊﾝｶｸ',
  '😀 ok',
]

describe('cells', () => {
  test.each(samples)('the width of %s is the one that a terminal gives it', async (text) => {
    const terminal = new xterm.Terminal({ cols: 80, rows: 2, allowProposedApi: true })
    await new Promise<void>((resolve) => terminal.write(text, resolve))
    // The emulator knows no emoji wider than Unicode 6: they are checked against the standard instead.
    if (!/\p{Emoji_Presentation}/u.test(text)) expect(cellWidth(text)).toBe(terminal.buffer.active.cursorX)
    else expect(cellWidth('😀')).toBe(2)
  })

  test.each(samples.flatMap((text) => [0, 1, 2, 5, 9, 40].map((width) => ({ text, width }))))(
    'fitted to $width cells, "$text" takes exactly that many',
    ({ text, width }) => {
      expect(cellWidth(fitText(text, width))).toBe(width)
      expect(cellWidth(fitText(text, width, 'right'))).toBe(width)
    },
  )

  test('what was cut shows', () => {
    expect(cut('patroni1', 5)).toBe('patr…')
    expect(cut('データ', 4)).toBe('デ…')
    expect(cut('patroni1', 8)).toBe('patroni1')
  })

  test('a sign that is made of several is measured and cut as one', () => {
    expect(cellWidth('👩‍👩‍👧')).toBe(2)
    expect(cut('👩‍👩‍👧 and more', 4)).toBe('👩‍👩‍👧 …')
  })

  test('nothing from outside can move the cursor or change the colours', () => {
    expect(clean('a\u001b[2Jb\nc\td\u001b]0;title\u0007e')).toBe('ab c de')
    expect(textOf(line('x\r\ny'))).toBe('x y')
  })

  test('words are kept whole when a sentence is broken', () => {
    expect(wrapText('no client reaches anything', 12)).toEqual(['no client', 'reaches', 'anything'])
    expect(wrapText('verylongword', 5)).toEqual(['very…'])
    expect(wrapText('データ ベース', 7)).toEqual(['データ', 'ベース'])
    expect(wrapText('no\n  client', 20)).toEqual(['no client'])
    expect(wrapText('', 5)).toEqual([''])
  })
})

describe('lines', () => {
  test.each([0, 1, 3, 6, 7, 12])('a line fitted to %i cells has them all', (width) => {
    expect(lineWidth(fitLine(line('abc', span('def', 'bad'), 'g'), width))).toBe(width)
  })

  test('a cut at the border of two pieces shows too', () => {
    expect(textOf(fitLine(line('abc', 'def'), 3))).toBe('ab…')
  })

  test('the left part gives way to the right one', () => {
    expect(textOf(spread(line('a long beginning'), line('end'), 10))).toBe('a long…end')
  })
})

describe('tables', () => {
  const columns = [
    { title: 'name', width: 4, isGrowing: true, cell: (row: string) => row },
    { title: 'a', width: 5, cell: (row: string) => `${row}1` },
    { title: 'b', width: 5, leaves: 1, cell: () => 'b' },
  ]
  const rows = ['データベース', 'x', 'y']

  test.each([12, 16, 19, 40])('every row has %i cells', (width) => {
    for (const each of table({ columns, rows, width, height: 9 })) expect(lineWidth(each)).toBe(width)
  })

  test('a column leaves when the room is short', () => {
    expect(textOf(table({ columns, rows, width: 13, height: 9 })[0] ?? [])).not.toContain('b')
    expect(textOf(table({ columns, rows, width: 18, height: 9 })[0] ?? [])).toContain('b')
  })

  test('the selected row is in sight and marked by more than a colour', () => {
    const shown = table({ columns, rows, width: 20, height: 1, selected: 2 }).map(textOf)
    expect(shown[1]).toMatch(/^▸ y/)
  })

  test('cells can be merged', () => {
    const shown = table({
      columns,
      rows,
      width: 19,
      height: 3,
      merge: () => ({ from: 'a', span: span('unreachable') }),
    })
    expect(textOf(shown[2] ?? [])).toBe('  x     unreachable')
  })
})

describe('numbers for people', () => {
  test.each([
    [age(0), '0 s'],
    [age(12_900), '12 s'],
    [age(7_449, { isPrecise: true }), '7.4 s'],
    [age(59_999, { isPrecise: true }), '59.9 s'],
    [age(65_000), '1m 05s'],
    [age(3_720_000), '1h 02m'],
    [age(-5), '0 s'],
    [lasted(340), '340 ms'],
    [lasted(21_340), '21.3 s'],
    [lasted(21_485), '21.5 s'],
    [lasted(999.7), '1.0 s'],
    [runTime(187_999), '3:07'],
    [runTime(3_723_000), '1:02:03'],
    [bytes(0), '0 B'],
    [bytes(1_300_000), '1.2 MiB'],
    [bytes(132_120_576), '126 MiB'],
    [formatLsn(50_331_744), '0/3000060'],
    [formatLsn(2 ** 32 * 5 + 255), '5/FF'],
    [count(12_345_678), '12 345 678'],
    [latency(0.84), '0.8 ms'],
    [latency(340), '340 ms'],
    [latency(1_240), '1.2 s'],
  ])('%s', (shown, expected) => expect(shown).toBe(expected))
})

describe('charts', () => {
  test('zero is on the ground, nothing known is empty', () => {
    const rows = bars(
      [8, 4, 0, null].map((value) => ({ value, style: 'good' as const })),
      2,
      8,
    ).map(textOf)
    expect(rows).toEqual(['█   ', '██_ '])
  })

  test.each([0, 0.01, 0.5, 0.99, 1, 7])('a gauge at %d has its width', (share) => {
    expect(lineWidth(gauge(share, 10, 'good'))).toBe(10)
  })

  test.each([
    [0.2, 1],
    [7, 7.5],
    [203, 300],
    [1_000, 1_000],
  ])('the scale above %d is %d', (value, top) => expect(roundUp(value)).toBe(top))
})

describe('colour', () => {
  test('NO_COLOR takes the colours away and leaves what is loud loud', () => {
    const paint = createPainter({ isColored: false })
    const painted = paint(line(span('x', 'good'), span('y', 'bad'), span('z', 'warn')))
    expect(painted.replaceAll('\u001b', '')).not.toMatch(/\[(3|4|9|10)\d/)
    expect(paint(line(span('OUTAGE', 'alarm')))).toContain('\u001b[7m')
  })

  test('it is wanted unless something speaks against it', () => {
    expect(wantsColor({ TERM: 'xterm' })).toBe(true)
    expect(wantsColor({ TERM: 'xterm', NO_COLOR: '1' })).toBe(false)
    expect(wantsColor({ TERM: 'xterm', NO_COLOR: '' })).toBe(true)
    expect(wantsColor({ TERM: 'dumb' })).toBe(false)
  })
})
