import { randomUUID } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { type Problem, problemOfPartly, problemOfRegistration, problemOfSync } from './answers.ts'
import { listPage, type RegisterPage, registerPage, type View } from './page.tsx'
import type { Registration, Registrations, Student, SyncOutcome } from './registrations.ts'
import type { Server } from './server.ts'
import { STYLE } from './style.ts'
import { LANGUAGES, type Language } from './words.ts'

const text = z.string().trim().max(80)
const registerQuery = z.object({
  query: text.catch(''),
  student: text.optional().catch(undefined),
  done: z.uuid().optional().catch(undefined),
  sync: z
    .string()
    .regex(/^sync_[a-z_]+$|^server_[a-z]+$|^outcome_unknown$/)
    .optional()
    .catch(undefined),
  server: text.optional().catch(undefined),
})
const registerForm = z.object({ student: text.min(1), section: text.min(1), request_id: z.uuid() })

/** The pages: forms and links, no script. */
export function addPages(app: Server, service: Registrations, timeZone: string): void {
  const viewOf = (request: FastifyRequest): View => ({ language: languageOf(request), way: service.way, timeZone })
  app.get('/style.css', hidden, (_, reply) => {
    reply.type('text/css; charset=utf-8').header('cache-control', 'max-age=60').send(STYLE)
  })

  app.get('/', hidden, async (request, reply) => {
    const asked = registerQuery.parse(request.query)
    const [found, chosen, done] = await Promise.all([
      asked.query === '' ? null : service.findStudents(asked.query),
      asked.student === undefined ? null : choiceOf(service, asked.student),
      asked.done === undefined ? null : registrationOf(service, asked.student, asked.done),
    ])
    const problem = chosen?.problem ?? (found && problemOfPartly(found))
    const page = { ...BLANK, ...chosen, query: asked.query, found, done, problem, requestId: randomUUID() }
    const syncProblem = asked.sync === undefined ? null : { code: asked.sync, status: 200, server: asked.server ?? '' }
    return show(
      reply,
      problem?.status ?? 200,
      registerPage(viewOf(request), { ...page, syncProblem: syncProblem as Problem | null }),
    )
  })

  app.post('/register', hidden, async (request, reply) => {
    const view = viewOf(request)
    const form = registerForm.safeParse(request.body)
    if (!form.success) {
      const problem: Problem = { code: 'invalid', status: 400 }
      return show(reply, 400, registerPage(view, { ...BLANK, problem, requestId: randomUUID() }))
    }
    const { student, section, request_id: requestId } = form.data
    const outcome = await service.register({ student, section, requestId })
    const problem = problemOfRegistration(outcome)
    if (outcome.type === 'registered') {
      const failed = outcome.sync && problemOfSync(outcome.sync)
      const more = failed === null ? {} : { sync: failed.code, server: failed.server ?? '' }
      return reply.redirect(`/?${new URLSearchParams({ lang: view.language, student, done: requestId, ...more })}`, 303)
    }
    // The same request again, where nobody knows what became of it; another one where it was refused.
    const next = problem?.code === 'outcome_unknown' ? requestId : randomUUID()
    const chosen = await choiceOf(service, student)
    const page = { ...BLANK, ...chosen, problem, chosenSection: section, requestId: next }
    return show(reply, problem?.status ?? 500, registerPage(view, page))
  })

  const showList = async (request: FastifyRequest, reply: FastifyReply, outcome: SyncOutcome | null) => {
    const [list, state] = await Promise.all([service.list({ limit: 50 }), service.state()])
    const problem = (outcome && problemOfSync(outcome)) ?? null
    return show(reply, problem?.status ?? 200, listPage(viewOf(request), { list, state, outcome, problem }))
  }
  app.get('/list', hidden, (request, reply) => showList(request, reply, null))
  app.post('/sync', hidden, async (request, reply) => showList(request, reply, await service.sync()))
}

/** The pages are no part of the described interface. */
const hidden = { schema: { hide: true } } as const

const BLANK: Omit<RegisterPage, 'requestId'> = {
  query: '',
  found: null,
  student: null,
  sections: null,
  chosenSection: null,
  problem: null,
  done: null,
  syncProblem: null,
}

type Choice = Pick<RegisterPage, 'student' | 'sections' | 'problem'>

async function choiceOf(service: Registrations, code: string): Promise<Choice> {
  const found = await service.findStudents(code)
  const student: Student | null = found.items.find((each) => each.code === code.toUpperCase()) ?? null
  if (student === null) {
    const problem: Problem = problemOfPartly(found) ?? { code: 'unknown_student', status: 404 }
    return { student, sections: null, problem }
  }
  const sections = await service.sections(student.code)
  return { student, sections, problem: problemOfPartly(sections) }
}

async function registrationOf(
  service: Registrations,
  student: string | undefined,
  requestId: string,
): Promise<Registration | null> {
  return (await service.list({ student, requestId, limit: 1 })).items[0] ?? null
}

function languageOf({ query, body, headers }: FastifyRequest): Language {
  const asked = (query as { lang?: string }).lang ?? (body as { lang?: string } | undefined)?.lang
  const byBrowser = headers['accept-language']?.toLowerCase().startsWith('en') ? 'en' : 'vi'
  return LANGUAGES.find((each) => each === asked) ?? byBrowser
}

function show(reply: FastifyReply, status: number, html: string): FastifyReply {
  return reply
    .code(status)
    .type('text/html; charset=utf-8')
    .header('content-security-policy', POLICY)
    .header('x-content-type-options', 'nosniff')
    .header('cache-control', 'no-store')
    .send(html)
}

const POLICY =
  "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
