import type { Problem } from '../lab/yaml-file.ts'
import { orElse } from '../model/did-you-mean.ts'
import type { Quantile } from '../model/expected.ts'
import { ALWAYS_EXPECTED, withThoseItTells } from '../report/always-expected.ts'
import { parseBounds } from '../report/expectation.ts'
import { type Figure, ofWhom } from '../report/figure.ts'
import { figures, findFigure } from '../report/figures.ts'
import type { Expectation } from './scenario.ts'
import type { ScenarioFile } from './schema.ts'
import { foreignTo, type Stage } from './stage.ts'

/** What a file expects, and what is expected of every run that does not say otherwise. */
export function toExpectations(expect: ScenarioFile['expect'], stage: Stage, problems: Problem[]): Expectation[] {
  const { instances } = stage
  const written = Object.entries(expect).flatMap(([name, wanted]) => {
    const [instance, bare] = ofWhom(name)
    const figure = instance === null || instances.includes(instance) ? findFigure(name) : null
    if (figure !== null && instances.length > 0 && instance === null) {
      const message = `of which system? ${instances.map((each) => `${each}.${name}`).join(' | ')}`
      problems.push({ path: ['expect', name], message })
      return []
    }
    if (figure === null) {
      const known = figures.map((each) => each.name)
      problems.push({ path: ['expect', name], message: `there is no such figure; ${orElse(name, known)}` })
      return []
    }
    const foreign = foreignTo(stage, bare, ({ figures: own = [] }) => own.map((each) => each.name))
    if (foreign !== undefined) {
      problems.push({ path: ['expect', name], message: foreign })
      return []
    }
    if (typeof wanted !== 'object') return toExpectation(figure, 'each', wanted, ['expect', name], problems)
    return Object.entries(wanted).flatMap(([quantile, bounds]) =>
      toExpectation(figure, quantile as Quantile, bounds, ['expect', name, quantile], problems),
    )
  })
  const named = new Set(Object.keys(expect).flatMap(withThoseItTells))
  const always =
    instances.length === 0
      ? ALWAYS_EXPECTED
      : instances.flatMap((each) => ALWAYS_EXPECTED.map((name) => `${each}.${name}`))
  const implied = always
    .filter((name) => !named.has(name))
    .map((name): Expectation => {
      const figure = findFigure(name) as Figure
      return { figure, quantile: 'each', bounds: { text: '= 0', all: [{ operator: '=', value: 0 }] }, isImplied: true }
    })
  return [...written, ...implied]
}

function toExpectation(
  figure: Figure,
  quantile: Quantile,
  wanted: string | number | undefined,
  path: Problem['path'],
  problems: Problem[],
): Expectation[] {
  const bounds = parseBounds(wanted ?? '', figure.unit)
  if ('error' in bounds) {
    problems.push({ path, message: `${figure.name} is a ${figure.unit}: ${bounds.error}` })
    return []
  }
  return [{ figure, quantile, bounds, isImplied: false }]
}
