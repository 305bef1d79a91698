import type { AdminProblem } from '../admin.ts'
import type { Problem } from '../gateway/outcome.ts'

/** Every answer that is no success has this body; `outcome` says of a write whether it was done. */
export interface ProblemBody {
  readonly error: {
    readonly code: string
    readonly message: string
    readonly outcome?: 'not-done' | 'unknown' | 'partly-done'
    readonly [fact: string]: unknown
  }
}

type Answer = { readonly status: number; readonly body: ProblemBody }

const answer = (status: number, code: string, message: string, facts: object = {}): Answer => ({
  status,
  body: { error: { code, message, ...facts } },
})

export function answerTo(problem: Problem | AdminProblem): Answer {
  const { type } = problem
  const code = type.replaceAll('-', '_')
  switch (type) {
    case 'invalid':
      return answer(422, code, 'the request is not valid; nothing was done', { errors: problem.errors })
    case 'unknown-namespace':
      return answer(404, code, `there is no namespace "${problem.namespace}": PUT /namespaces/NAME makes one`)
    case 'namespace-exists':
      return answer(409, code, `there is a namespace "${problem.namespace}" already`)
    case 'exists':
      return answer(409, code, 'there already; nothing was done', { ids: problem.ids })
    case 'not-found':
      return answer(404, code, 'there is no such vector', { ids: problem.ids })
    case 'no-quorum': {
      const { shard, reachable, needed } = problem
      const message = `${needed} members of ${shard} are needed, and ${reachable} can be reached; nothing was done`
      return answer(503, code, message, { outcome: 'not-done', shard, reachable, needed })
    }
    case 'unavailable': {
      const { shards, why } = problem
      return answer(503, code, 'no answer in time; nothing was done', { outcome: 'not-done', shards, why })
    }
    case 'unknown-outcome': {
      const { shards, why } = problem
      return answer(504, code, 'nobody knows whether it was done, or will be', { outcome: 'unknown', shards, why })
    }
    case 'partly-done':
      return answer(502, code, 'some shards have done their part', { outcome: 'partly-done', parts: problem.parts })
    case 'not-allowed':
      return answer(403, code, `${problem.url} is not among the servers that this one may ask (--allow)`)
    case 'no-server':
      return answer(422, code, `no vector-server answers at ${problem.url}`)
    case 'there-already':
      return answer(409, code, `"${problem.id}", or another at that address, is there already`)
    case 'not-there':
      return answer(404, code, `there is no "${problem.id}"`)
    case 'is-primary':
      return answer(409, code, 'it leads; another has to lead first', { shards: problem.shards })
    case 'last-shard':
      return answer(409, code, 'the last shard cannot be removed')
    case 'not-now':
      return answer(503, code, 'too few members answer, or another change is under way; nothing was changed', {
        outcome: 'not-done',
        shards: problem.shards,
      })
  }
}

export const disabled = (what: string): Answer =>
  answer(409, 'disabled', `this server was started without --enable-${what}`)

export const plain = (status: number, code: string, message: string, facts: object = {}): Answer =>
  answer(status, code, message, facts)
