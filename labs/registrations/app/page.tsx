/** @jsxRuntime automatic */
/** @jsxImportSource preact */
import type { ComponentChildren } from 'preact'
import { render } from 'preact-render-to-string'
import { type Problem, problemOfReading } from './answers.ts'
import type { Way } from './config.ts'
import type { Partly, Registration, Section, Student, SyncOutcome, SyncState } from './registrations.ts'
import type { Trouble } from './trouble.ts'
import { LANGUAGES, type Language, sentenceOf, type Words, words } from './words.ts'

/** What every page is drawn with. */
export interface View {
  readonly language: Language
  readonly way: Way
  readonly timeZone: string
}

export interface RegisterPage {
  readonly query: string
  readonly found: Partly<Student> | null
  readonly student: Student | null
  readonly sections: Partly<Section> | null
  readonly chosenSection: string | null
  /** Sent with the form: pressing twice is the same request. */
  readonly requestId: string
  readonly problem: Problem | null
  /** What was just registered. */
  readonly done: Registration | null
  readonly syncProblem: Problem | null
}

export interface ListPage {
  readonly list: Partly<Registration>
  readonly state: SyncState
  readonly outcome: SyncOutcome | null
  readonly problem: Problem | null
}

/** Everything that is shown passes through Preact, which escapes it. */
export function registerPage(view: View, page: RegisterPage): string {
  const w = words[view.language]
  const troubles = [...(page.found?.troubles ?? []), ...(page.sections?.troubles ?? [])]
  return documentOf(
    view,
    '/',
    <>
      {page.problem && <Alert view={view} problem={page.problem} />}
      {page.done && <Done view={view} done={page.done} syncProblem={page.syncProblem} />}
      {page.problem === null && <Away view={view} troubles={troubles} />}
      <section aria-labelledby="find">
        <h2 id="find">1. {w.find}</h2>
        <form action="/" method="get">
          <input type="hidden" name="lang" value={view.language} />
          <label for="query">{w.findHint}</label>
          <div class="row">
            <input id="query" name="query" type="search" required maxLength={80} value={page.query} />
            <button type="submit">{w.search}</button>
          </div>
        </form>
        {page.found && <Found view={view} found={page.found} />}
      </section>
      {page.student && <Choose view={view} page={page} student={page.student} />}
    </>,
  )
}

function Found({ view, found }: { view: View; found: Partly<Student> }) {
  const w = words[view.language]
  if (found.items.length === 0) return found.troubles.length > 0 ? null : <p role="status">{w.nobodyFound}</p>
  return (
    <>
      <p role="status">{w.found(found.items.length)}</p>
      <ul class="cards">
        {found.items.map((student) => (
          <li key={student.code}>
            <a href={`/?lang=${view.language}&student=${encodeURIComponent(student.code)}#choose`}>
              <b>{student.name}</b> <code>{student.code}</code>
              <small>
                {student.university} · {student.birthDate} · {w.shard} {student.shard}
              </small>
            </a>
          </li>
        ))}
      </ul>
    </>
  )
}

function Choose({ view, page, student }: { view: View; page: RegisterPage; student: Student }) {
  const w = words[view.language]
  const sections = inOrder(page.sections?.items ?? [], student)
  return (
    <section aria-labelledby="choose">
      <h2 id="choose">2. {w.chooseSection}</h2>
      <p>
        <b>{student.name}</b> <code>{student.code}</code> · {student.university} · {w.shard} {student.shard}
      </p>
      <form action="/register" method="post">
        <input type="hidden" name="lang" value={view.language} />
        <input type="hidden" name="student" value={student.code} />
        <input type="hidden" name="request_id" value={page.requestId} />
        <label for="section">{w.section}</label>
        <div class="row">
          <select id="section" name="section" required>
            {sections.map((section) => (
              <Choice key={section.code} section={section} shard={student.shard} w={w} chosen={page.chosenSection} />
            ))}
          </select>
          <button type="submit">{w.register}</button>
        </div>
      </form>
    </section>
  )
}

function Choice({ section, shard, w, chosen }: { section: Section; shard: string; w: Words; chosen: string | null }) {
  const { capacity = 0, taken = 0 } = section.seats.find((each) => each.shard === shard) ?? {}
  const isFull = taken >= capacity
  return (
    <option value={section.code} disabled={isFull} selected={section.code === chosen}>
      {section.title} · {section.code} · {isFull ? w.full : w.seats(taken, capacity)}
    </option>
  )
}

/** Those of the student's own university first, then those that are open to all. */
function inOrder(sections: readonly Section[], student: Student): readonly Section[] {
  const own = `.U${student.code.slice(2, 4)}`
  const rank = ({ code }: Section) => (code.endsWith(own) ? 0 : code.includes('.LT') ? 1 : 2)
  return [...sections].sort((a, b) => rank(a) - rank(b) || (a.code < b.code ? -1 : 1))
}

function Done({ view, done, syncProblem }: { view: View; done: Registration; syncProblem: Problem | null }) {
  const w = words[view.language]
  return (
    <div class="message good" role="status">
      <p>
        <b>{w.registered(done.student.name, `${done.section.title} (${done.section.code})`)}</b>
      </p>
      <p>
        {w.createdAt} <Moment view={view} at={done.createdAt} /> · {w.shard} {done.shard} ·{' '}
        {done.standing === 'synced' ? `${w.reached}: ${latencyOf(done)}` : w.standing[done.standing]}
      </p>
      {syncProblem && (
        <p>
          {w.syncFailed} {sentenceOf(syncProblem, view.language)}
        </p>
      )}
    </div>
  )
}

export function listPage(view: View, { list, state, outcome, problem }: ListPage): string {
  const w = words[view.language]
  return documentOf(
    view,
    '/list',
    <>
      {problem && <Alert view={view} problem={problem} />}
      {outcome && problem === null && (
        <p class="message good" role="status">
          {toldOf(outcome, w)}
        </p>
      )}
      <Away view={view} troubles={list.troubles} />
      <section aria-labelledby="late">
        <h2 id="late">{w.lateness}</h2>
        <Lateness state={state} w={w} />
        <div class="row">
          <form action="/sync" method="post">
            <input type="hidden" name="lang" value={view.language} />
            <button type="submit">{w.sync[view.way]}</button>
          </form>
          <a class="button" href={`/list?lang=${view.language}`}>
            {w.refresh}
          </a>
        </div>
      </section>
      <section aria-labelledby="all">
        <h2 id="all">{w.list}</h2>
        {list.items.length === 0 ? <p>{w.nothingYet}</p> : <Table view={view} items={list.items} />}
      </section>
    </>,
  )
}

function Lateness({ state, w }: { state: SyncState; w: Words }) {
  return (
    <table class="stack">
      <Head titles={[w.shard, w.total, w.atMaster, w.unsynced, w.oldest, `${w.latency} p50 / p99`]} />
      <tbody>
        {state.shards.map(({ shard, reading, atMaster }) => (
          <tr key={shard} class={reading === null || reading.unsynced > 0 ? 'late' : ''}>
            <td data-label={w.shard}>{shard}</td>
            <td data-label={w.total}>{reading?.total ?? '?'}</td>
            <td data-label={w.atMaster}>{atMaster ?? '?'}</td>
            <td data-label={w.unsynced}>{reading?.unsynced ?? '?'}</td>
            <td data-label={w.oldest}>{reading === null ? '?' : inSeconds(reading.oldestUnsyncedSeconds)}</td>
            <td data-label={`${w.latency} p50 / p99`}>
              {inSeconds(reading?.latencySeconds?.p50 ?? null)} / {inSeconds(reading?.latencySeconds?.p99 ?? null)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Head({ titles }: { titles: readonly string[] }) {
  return (
    <thead>
      <tr>
        {titles.map((title) => (
          <th key={title} scope="col">
            {title}
          </th>
        ))}
      </tr>
    </thead>
  )
}

const SIGNS = { synced: '●', unmarked: '◐', waiting: '○', lost: '✕', unknown: '?' } as const

function Table({ view, items }: { view: View; items: readonly Registration[] }) {
  const w = words[view.language]
  return (
    <table class="stack">
      <Head titles={[w.student, w.section, w.shard, w.createdAt, w.syncedAt, w.latency, w.master]} />
      <tbody>
        {items.map((each) => (
          <tr key={`${each.shard} ${each.regId}`} class={each.standing}>
            <td data-label={w.student}>
              {each.student.name} <code>{each.student.code}</code>
            </td>
            <td data-label={w.section}>
              {each.section.title} <code>{each.section.code}</code>
            </td>
            <td data-label={w.shard}>{each.shard}</td>
            <td data-label={w.createdAt}>
              <Moment view={view} at={each.createdAt} />
            </td>
            <td data-label={w.syncedAt}>{each.syncedAt ? <Moment view={view} at={each.syncedAt} /> : '–'}</td>
            <td class="figure" data-label={w.latency}>
              {latencyOf(each)}
            </td>
            <td data-label={w.master}>
              <span aria-hidden="true">{SIGNS[each.standing]}</span> {w.standing[each.standing]}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Away({ view, troubles }: { view: View; troubles: readonly Trouble[] }) {
  const w = words[view.language]
  if (troubles.length === 0) return null
  const sentences = troubles.map((trouble) =>
    trouble.type === 'refused' ? sentenceOf(problemOfReading(trouble), view.language) : w.away(trouble.server),
  )
  return (
    <p class="message" role="alert">
      {sentences.join(' ')} {w.othersGoOn}
    </p>
  )
}

function Alert({ view, problem }: { view: View; problem: Problem }) {
  return (
    <div class="message bad" role="alert">
      <p>
        <b>{sentenceOf(problem, view.language)}</b>
      </p>
      {problem.detail && (
        <p>
          <code>{problem.detail}</code>
        </p>
      )}
    </div>
  )
}

function Moment({ view, at }: { view: View; at: Date }) {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: view.timeZone,
    ...{ day: '2-digit', month: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' },
    fractionalSecondDigits: 3,
    hourCycle: 'h23',
  })
  return <time dateTime={at.toISOString()}>{format.format(at).replace(',', '')}</time>
}

function latencyOf({ latencyMs }: Registration): string {
  return latencyMs === null ? '–' : inSeconds(latencyMs / 1000)
}

function inSeconds(seconds: number | null): string {
  if (seconds === null) return '–'
  return seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`
}

function toldOf(outcome: SyncOutcome, w: Words): string {
  if (outcome.type === 'brought') return w.brought(outcome.brought)
  if (outcome.type === 'failed') return ''
  const sum = (of: 'missing' | 'unmarked' | 'lostOnShard') => outcome.mended.reduce((all, each) => all + each[of], 0)
  return w.compared(sum('missing'), sum('unmarked'), sum('lostOnShard'))
}

function documentOf(view: View, path: string, content: ComponentChildren): string {
  const w = words[view.language]
  const other = LANGUAGES.find((each) => each !== view.language) ?? view.language
  const tab = (to: string, name: string) => (
    <a href={`${to}?lang=${view.language}`} aria-current={to === path ? 'page' : undefined}>
      {name}
    </a>
  )
  const html = render(
    <html lang={view.language}>
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{w.title}</title>
        <link rel="stylesheet" href="/style.css" />
        <link rel="icon" href="data:," />
      </head>
      <body>
        <a class="skip" href="#content">
          {w.skip}
        </a>
        <header>
          <h1>{w.title}</h1>
          <p>{w.way[view.way]}</p>
          <nav>
            {tab('/', w.registerTab)}
            {tab('/list', w.list)}
            <a href={`${path}?lang=${other}`} lang={other} hrefLang={other}>
              {w.otherLanguage}
            </a>
          </nav>
        </header>
        <main id="content">{content}</main>
      </body>
    </html>,
  )
  return `<!doctype html>\n${html}\n`
}
