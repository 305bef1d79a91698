/** @import { Suite } from '../../src/report/suite-schema.ts' */
/** @import { About, Tag, Teller } from './fill.mjs' */
/** @import { Measured } from './measured.mjs' */
/** @typedef {(tag: string) => Measured | null} Find */
/** @typedef {{ readonly interSeconds: number, readonly times: number } | null} Check */
import { fill } from './fill.mjs'
import { shareOf } from './measured.mjs'

/** @param {Suite} suite */
export default (suite) => fill(suite, words)

/**
 * By tag of the scenario, in the order of the report. A lesson is told only where the figures bear it out.
 * @type {Record<Tag, About>}
 */
const cases = {
  'replica-off': {
    title: 'A replica off and on again',
    done: 'One replica was stopped and started again.',
    lesson: (m) =>
      m.isAlways('write_outage', 0) && m.isAlways('failovers', 0)
        ? 'The leader goes on alone: with asynchronous replication nobody waits for a replica.'
        : '',
  },
  'leader-off': {
    title: 'The leader off and on again',
    done: 'The leader was stopped cleanly (`docker stop`).',
    lesson: (m) =>
      shareOf(m.longest('write'), 'release') > 0
        ? 'A leader that is asked to stop gives its key back: nobody has to wait for it to expire.'
        : '',
  },
  'leader-killed': {
    title: 'The leader killed',
    done: "Every process of the leader's container was killed (`docker kill`).",
    lesson: ttlLesson,
  },
  'leader-paused': {
    title: 'The leader paused',
    done: "The leader's container was frozen (`docker pause`), and resumed once another node led.",
    lesson: (m, tell) => `${ttlLesson(m)} ${twoLeaders(m, tell)}`.trim(),
  },
  'leader-cut-off': {
    title: 'The leader cut off from etcd and its peers, clients still reach it',
    done: 'The network was split between the leader on one side, etcd and the replicas on the other; HAProxy and the clients reach both sides. Replication is asynchronous.',
    lesson: (m, tell) =>
      m.hasAny('lost_writes') && m.isAlways('unexplained_lost_writes', 0)
        ? `Until the old leader gives up, it acknowledges writes that reach no other node; once it follows the new leader, they are gone. ${twoLeaders(m, tell)}`
        : twoLeaders(m, tell),
  },
  'leader-cut-off-synchronous': {
    title: 'The same with synchronous replication',
    done: 'The same split with `synchronous_mode: true`.',
    lesson: (m, tell) =>
      [
        m.isAlways('lost_writes', 0)
          ? 'A write is acknowledged only once a standby has it, so the leader that was cut off could acknowledge nothing that would vanish.'
          : '',
        m.hasAny('unknown_writes')
          ? `Writes without an answer, of which the client does not know whether they were done: ${tell.counts(m, 'unknown_writes')}.`
          : '',
        m.hasAny('seen_then_lost')
          ? `Writes that reads had returned, and that are gone: ${tell.counts(m, 'seen_then_lost')}. No client was told that they were done; the replica that is not synchronous had received them and showed them, and had to give them up again when the other one, without them, became the leader.`
          : '',
      ]
        .join(' ')
        .trim(),
  },
  'etcd-member-off': {
    title: 'One etcd off and on again',
    done: 'One etcd member that was not their leader was stopped and started again.',
    lesson: quorumHeld,
  },
  'etcd-leader-off': {
    title: 'The etcd leader off and on again',
    done: 'The etcd member that led was stopped and started again.',
    lesson: quorumHeld,
  },
  'quorum-lost': {
    title: 'Two of three etcd off (failsafe mode off)',
    done: 'The majority of etcd was stopped, and started again after a while.',
    lesson: (m) =>
      m.longest('write')?.some(({ cause }) => cause === 'quorum-lost')
        ? 'Without a quorum the leader cannot renew its key and has to step down, and nobody else can be elected.'
        : '',
  },
  'quorum-lost-failsafe': {
    title: 'Two of three etcd off (failsafe mode on)',
    done: 'The same with `failsafe_mode: true`.',
    lesson: (m) =>
      m.isAlways('write_outage', 0) && m.isAlways('failovers', 0)
        ? 'In failsafe mode the leader asks every other node over REST, and goes on without etcd as long as all of them agree.'
        : '',
  },
  'proxy-off': {
    title: 'HAProxy off',
    done: 'The only HAProxy was killed for ten seconds.',
    lesson: (m) =>
      m.longest('write')?.some(({ cause }) => cause === 'proxy-down') && m.isAlways('failovers', 0)
        ? 'Nothing was wrong with the database, and nobody reached it: HAProxy is the single point of failure of this cluster.'
        : '',
  },
  'proxy-off-two-endpoints': {
    title: 'HAProxy off, with a second one beside it',
    done: 'The same with two HAProxies, and clients that know both addresses and try them in order.',
    lesson: (m, tell) =>
      m.isAlwaysOver('write_outage')
        ? `Connections to the dead proxy break, and the next one goes to the other. Writes that were under way and got no answer: ${tell.counts(m, 'unknown_writes')}.`
        : '',
  },
  'all-off': {
    title: 'Everything off and on again',
    done: 'Every container was killed at the same moment and started again.',
    lesson: (m) =>
      m.isAlwaysOver('write_outage') && m.isAlways('lost_writes', 0)
        ? 'The data is on volumes: once the containers were started, the cluster came back by itself, with all that it had acknowledged.'
        : '',
  },
}

export const words = {
  title: 'Homework 3: a Patroni cluster, broken on purpose',
  /** @param {ReturnType<typeof import('./fill.mjs').aboutSuite>} about */
  how: ({ date, durationMs, scenarios, runs, lab, versions, settings }) => [
    `Every number and every cause below was measured by \`chaoslab run hw3/scenarios/homework/*.yaml\` on ${date}: ${scenarios} scenarios, ${runs} runs, ${duration(durationMs)} in all. The sentences are [a template](solution/english.mjs) that chooses them by what was measured.`,
    `Versions: Patroni ${versions?.patroni ?? '?'}, PostgreSQL ${versions?.postgresql ?? '?'}, etcd ${versions?.etcd ?? '?'}, Docker ${versions?.docker ?? '?'}, chaoslab ${lab}.${settings === null ? '' : ` Patroni's timing: ttl ${settings.ttlSeconds ?? '?'}, loop_wait ${settings.loopWaitSeconds ?? '?'}, retry_timeout ${settings.retryTimeoutSeconds ?? '?'}.`}${settings?.proxyCheck == null ? '' : ` HAProxy checks every ${settings.proxyCheck.interSeconds} s: ${settings.proxyCheck.fall} failures take a server out, ${settings.proxyCheck.rise} success${settings.proxyCheck.rise === 1 ? ' brings' : 'es bring'} it back.`}`,
    `While things broke, clients wrote through HAProxy's port 5001 and read through 5002, and a probe ${settings?.probeIntervalMs == null ? '' : `every ${settings.probeIntervalMs} ms `}clocked how long they could not. After each run every single write was looked up in the database: a *lost* one is a write that a client was told was done, and that is not there.`,
  ],
  /** @param {readonly string[]} titles */
  missing: (titles) => `**Not in this suite, and so not answered:** ${titles.join('; ')}.`,
  cluster: {
    title: 'What the cluster consists of',
    parts: [
      '- **etcd1–3**: the DCS. Three members that agree by Raft; two of three are a quorum. The leader key lies here, on a lease that expires after `ttl` seconds unless its holder renews it.',
      '- **patroni1–3**: PostgreSQL with Patroni beside it. Who holds the leader key is the primary; the others stream from it.',
      '- **haproxy**: asks each Patroni over REST who leads. 5001 leads to the leader, 5002 to the replicas in turn, 7001 shows the statistics. Clients know only this address.',
    ].join('\n'),
    reading:
      'How to read it: the Leader holds the leader key; a Replica that is `streaming` on the same timeline (TL) follows it. HAProxy asks every node `OPTIONS /primary` for port 5001 and `OPTIONS /replica` for port 5002: 200 is UP (L7OK), 503 is DOWN (L7STS), and no answer at all is DOWN (L4TOUT, L4CON). So in `leader` the node with the key is UP, in `replicas` the others. The last two lines say where the application writes, and where it reads.',
  },
  overview: {
    title: 'In short',
    columns: [
      'what was done',
      'no writes for',
      'no reads for',
      'acknowledged writes lost',
      'failovers',
      'redundancy restored after',
      'as expected',
    ],
    none: 'no outage',
    note: 'Where there are several values, they are those of the repeats. "Redundancy restored" counts from the fault until the old leader streams again, so it holds the time for which the fault was kept up; – is where nobody lost the lead.',
  },
  casesTitle: 'Case by case',
  ability: {
    always: {
      /** @param {string} gap */
      write: (gap) =>
        gap === '' ? 'Clients could write all the time.' : `Clients could write all the time (longest gap ${gap}).`,
      /** @param {string} gap */
      read: (gap) =>
        gap === '' ? 'Clients could read all the time.' : `Clients could read all the time (longest gap ${gap}).`,
    },
    not: {
      /** @param {string} lengths @param {number} had @param {number} of */
      write: (lengths, had, of) => `Clients could not write for **${lengths}**${someOf(had, of)}.`,
      /** @param {string} lengths @param {number} had @param {number} of */
      read: (lengths, had, of) => `Clients could not read for **${lengths}**${someOf(had, of)}.`,
    },
    notMeasured: {
      write: 'Whether clients could write was not measured in every run.',
      read: 'Whether clients could read was not measured in every run.',
    },
  },
  /** What an outage was, by its kind. */
  kinds: {
    failover: 'The leader key passed to another node.',
    'quorum-lost': 'It began while etcd had no quorum.',
    'proxy-down': 'HAProxy did not answer, and the leader stayed where it was.',
    'restart-in-place': 'PostgreSQL was restarted on the same leader, on the same timeline.',
    'leader-returned': 'The same node stepped down, and was promoted again.',
    'leader-kept': 'The leader stayed the same, and its clients were cut off from it for a while.',
    'replicas-lost': 'HAProxy had no replica to lead to.',
    unknown: 'Nothing that was seen explains why.',
  },
  /** @param {string} kind */
  ofReads: (kind) => `As for the reads: ${kind}`,
  /** @param {string} lengths */
  served: (lengths) => `After the fault, clients were still served for ${lengths}; then the outage began.`,
  notKept: 'This suite does not hold what explains it.',
  steps: {
    columns: ['until', 'took', 'because of'],
    names: {
      fault: 'the next leader failed too',
      'quorum-lost': 'etcd had lost its quorum',
      'last-ack': 'clients were last served',
      'first-error': 'the first error',
      raft: 'etcd had a new leader',
      'quorum-regained': 'etcd had a quorum again',
      lifted: 'what had failed was brought back',
      'proxy-back': 'HAProxy answered again',
      'key-gone': 'the leader key was gone',
      'key-taken': 'a node took the leader key',
      promoted: "the leader's PostgreSQL was out of recovery",
      'proxy-up': 'HAProxy led to the leader',
      'replica-up': 'HAProxy led to a replica',
      flicker: 'a first client was served',
      'first-ack': 'clients were served again',
      streaming: 'the old leader streamed again',
      healthy: 'everything was whole again',
    },
    /** The last one, where some had got through before. */
    steady: 'clients were served without a break',
    /** The same step, where its cause says more. */
    byCause: {
      'key-gone ttl': 'the leader key expired',
      'key-gone release': 'the leader had shut down and given its key back',
    },
  },
  /** What governs how long a step takes. */
  causes: {
    /** @param {{ ttlMs: number | null }} cause */
    ttl: ({ ttlMs }) => setting('ttl', ttlMs),
    release: () => 'the shutdown of PostgreSQL, at which Patroni looks once a second',
    /** @param {{ members: readonly string[], timeoutMs: number }} cause */
    'members-silent': ({ members, timeoutMs }) =>
      `${and(members)} did not answer: Patroni's fixed ${timeoutMs / 1_000} s for each member that it asks`,
    'members-answer': () => 'the members that were asked answered at once',
    /** @param {{ loopWaitMs: number | null }} cause */
    'next-loop': ({ loopWaitMs }) => `the next loop of Patroni, ${setting('loop_wait', loopWaitMs)}`,
    /** @param {{ loopWaitMs: number | null, retryTimeoutMs: number | null }} cause */
    retries: ({ loopWaitMs, retryTimeoutMs }) =>
      `${setting('loop_wait', loopWaitMs)} + 2 × ${setting('retry_timeout', retryTimeoutMs)}, in which Patroni tries etcd again`,
    /** @param {{ retryTimeoutMs: number | null, ttlMs: number | null }} cause */
    'no-quorum': ({ retryTimeoutMs, ttlMs }) =>
      `without a quorum: ${setting('retry_timeout', retryTimeoutMs)}, and at most ${setting('ttl', ttlMs)}`,
    /** @param {{ check: Check }} cause */
    'proxy-gives-up': ({ check }) => `HAProxy's check${times(check, 'failures')}`,
    shutdown: () => 'shutdown of PostgreSQL',
    /** @param {{ bytes: number | null }} cause */
    replay: ({ bytes }) => `WAL left to replay${bytes === null ? '' : `: ${size(bytes)}`}`,
    /** @param {{ loopWaitMs: number | null }} cause */
    'crash-recovery': ({ loopWaitMs }) => `${setting('loop_wait', loopWaitMs)}, then start and crash recovery`,
    /** @param {{ loopWaitMs: number | null, retryTimeoutMs: number | null }} cause */
    'key-kept': ({ loopWaitMs, retryTimeoutMs }) =>
      `Patroni finds etcd again: ${setting('loop_wait', loopWaitMs)} + 2 × ${setting('retry_timeout', retryTimeoutMs)} at most`,
    election: () => 'the start of etcd and a Raft election',
    /** @param {{ check: Check }} cause */
    'proxy-check': ({ check }) => `HAProxy's check${times(check, 'successes')}`,
    /** @param {{ everyMs: number }} cause */
    reconnect: ({ everyMs }) => `a client tries again every ${everyMs} ms`,
  },
  /** @param {string} why @param {string} cause */
  unproven: (why, cause) => `not proven (${why}); likely ${cause}`,
  whyUnproven: {
    'no-access': "the nodes' logs may not be read",
    'not-read': "the nodes' logs were not read",
    'not-said': "the nodes' logs do not say it",
  },
  cases,
  /** @param {string} counts */
  lost: (counts) => `Acknowledged writes lost: **${counts}**.`,
  unexpected: { fail: 'Not as expected:', unknown: 'Whether it was as expected is not known:' },
  /** By the label in the scenario; what is not here stays as it is there. */
  looks: {},
  enough: {
    title: 'Is the fault tolerance sufficient?',
    /** @param {Find} find @param {Teller} tell */
    paragraphs: (find, tell) => [
      ofDatabase(find, tell),
      ofData(find, tell),
      ofDcs(find, tell),
      ofTheWay(find('proxy-off'), tell),
    ],
  },
  production: {
    title: 'How to avoid the single HAProxy in production',
    /** @param {Find} find @param {Teller} tell */
    paragraphs: (find, tell) => [
      secondProxy(find('proxy-off-two-endpoints'), find('proxy-off'), tell),
      [
        '- Two or more proxies on different hosts, and connection strings that name them all: `host=haproxy1,haproxy2 port=5001,5011 target_session_attrs=read-write` (libpq, JDBC and most drivers try them in order).',
        '- Or one address that moves: keepalived (VRRP) in front of the proxies, or vip-manager, which ties an address to the leader key itself.',
        '- Or no proxy: connection strings that name all the nodes, with `target_session_attrs=primary` for writing and `prefer-standby` for reading.',
        '- A proxy beside each application (sidecar), so that it fails only together with its application.',
        '- In the cloud: a load balancer of several zones that asks `/primary` and `/replica` as HAProxy does here.',
      ].join('\n'),
    ],
  },
  reproduce: {
    title: 'To see it yourself',
    text: 'While a run goes on, and after it, Grafana at http://localhost:3000 (admin/admin, where its image can be had) shows the three dashboards of `grafana_dashboards/`; each run also has a report of its own, `report.html`. The last command fills this text from a suite, whose folder the one before it prints.\n\n~~~sh\nnpm start -- up --proxies 2\nnpm start -- run hw3/scenarios/homework/*.yaml\nnpm start -- report runs/…-suite --template hw3/solution/english.mjs --out hw3/HW_3_SOLUTION.md\n~~~',
  },
  judgement: { pass: 'yes', fail: '**no**', unknown: 'not known' },
  notMeasured: 'not measured',
  notOver: 'not over',
  none: 'no outage',
  /** @param {string} value */
  atLeast: (value) => `at least ${value} (not over at the end)`,
  duration,
  and,
}

/** @param {Measured} m */
function ttlLesson(m) {
  return shareOf(m.longest('write'), 'ttl') > 0.5
    ? 'Nobody gave the key back, so most of the outage was waiting for it to expire.'
    : ''
}

/** @param {Measured} m @param {Teller} tell */
function twoLeaders(m, tell) {
  if (m.isAlways('split_brain', 0) && m.isAlways('split_brain_unknown', 0)) {
    return 'At no time would two nodes have taken writes.'
  }
  const unseen = m.hasAny('split_brain_unknown')
    ? ` For ${tell.durations(m, 'split_brain_unknown')} nobody could see whether they would.`
    : ''
  return `Time in which two nodes would have taken writes: ${tell.outages(m, 'split_brain', 'none')}.${unseen}`
}

/** @param {Measured} m */
function quorumHeld(m) {
  return m.isAlways('write_outage', 0) && m.isAlways('failovers', 0)
    ? 'Two of three are a quorum: the leader kept its key.'
    : ''
}

/** @param {Find} find @param {Teller} tell */
function ofDatabase(find, tell) {
  const [off, killed, paused] = [find('leader-off'), find('leader-killed'), find('leader-paused')]
  const all = [off, killed, paused].filter((each) => each !== null)
  if (all.length === 0) return ''
  const costs = [
    off === null ? '' : `a planned stop of the leader ${tell.outages(off, 'write_outage')}`,
    killed === null ? '' : `a crash ${tell.outages(killed, 'write_outage')}`,
    paused === null ? '' : `a leader that froze ${tell.outages(paused, 'write_outage')}`,
  ].filter((cost) => cost !== '')
  const isEnough = all.every(
    (m) => m.isAlways('failovers', 1) && m.isAlwaysOver('write_outage') && m.isAlways('lost_writes', 0),
  )
  const verdict = !isEnough
    ? '**Of the database: not in these runs.** Not each of them ended well, or could be measured: see the cases.'
    : all.length < 3
      ? '**Of the database: in the cases that were run.** The cluster found a new leader by itself, and lost nothing.'
      : '**Of the database: yes, at a price.** The cluster found a new leader by itself each time, and lost nothing.'
  return `${verdict} What it cost, in time without writes: ${costs.join(', ')}.`
}

/** @param {Find} find @param {Teller} tell */
function ofData(find, tell) {
  const [cut, synchronous] = [find('leader-cut-off'), find('leader-cut-off-synchronous')]
  if (cut === null) return ''
  const verdict = cut.hasAny('lost_writes')
    ? '**Of the data: not with asynchronous replication.**'
    : '**Of the data: nothing was lost here, which asynchronous replication does not promise.**'
  const other = synchronous === null ? '' : `; with \`synchronous_mode\` ${tell.counts(synchronous, 'lost_writes')}`
  return `${verdict} Acknowledged writes lost with the leader cut off: ${tell.counts(cut, 'lost_writes')}${other}.`
}

/** @param {Find} find @param {Teller} tell */
function ofDcs(find, tell) {
  const one = [find('etcd-member-off'), find('etcd-leader-off')].filter((each) => each !== null)
  const [lost, failsafe] = [find('quorum-lost'), find('quorum-lost-failsafe')]
  if (one.length === 0 && lost === null) return ''
  const isEnough = one.length === 2 && one.every((m) => m.isAlways('write_outage', 0))
  const verdict = isEnough
    ? '**Of the DCS: one of three may fail, whichever it is.**'
    : '**Of the DCS:** that one of three may fail was not shown here.'
  const without =
    lost === null ? '' : ` Time without writes while two of three were off: ${tell.outages(lost, 'write_outage')}`
  const bridged = failsafe === null ? '' : `; with \`failsafe_mode\`: ${tell.outages(failsafe, 'write_outage')}`
  return `${verdict}${without === '' ? '' : `${without}${bridged}.`}`
}

/** @param {Measured | null} m @param {Teller} tell */
function ofTheWay(m, tell) {
  if (m === null) return ''
  const verdict =
    m.hasAny('write_outage') || m.hasAny('read_outage')
      ? '**Of the way to it: no.**'
      : '**Of the way to it:** no outage was seen.'
  return `${verdict} There is one HAProxy. Time without writes while it was off: ${tell.outages(m, 'write_outage')}; without reads: ${tell.outages(m, 'read_outage')}.`
}

/** @param {Measured | null} two @param {Measured | null} one @param {Teller} tell */
function secondProxy(two, one, tell) {
  if (two === null) return ''
  const instead =
    one === null ? '' : ` With one: ${tell.outages(one, 'write_outage')} and ${tell.outages(one, 'read_outage')}.`
  return `Measured, too: the same kill with a second HAProxy, and clients that know both addresses. Time without writes: ${tell.outages(two, 'write_outage', 'none')}; without reads: ${tell.outages(two, 'read_outage', 'none')}.${instead}`
}

/** @param {number} had @param {number} of */
function someOf(had, of) {
  if (of === 1) return ''
  return had === of ? ` in ${of} runs` : ` in ${had} of ${of} runs; in the others they could all the time`
}

/** @param {Check} check @param {string} what */
function times(check, what) {
  if (check === null) return ''
  return `: every ${check.interSeconds} s, ${check.times === 1 ? 'once' : `${check.times} ${what}`}`
}

/** @param {string} name @param {number | null} ms */
function setting(name, ms) {
  return ms === null ? `\`${name}\`` : `\`${name}\` ${ms / 1_000} s`
}

/** @param {number} bytes */
function size(bytes) {
  if (bytes === 0) return 'none'
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1_000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}

/** @param {readonly string[]} items */
function and(items) {
  return items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`
}

/** Three figures: `7.62 s`, `340 ms`, `2 min 5 s`. @param {number} ms */
function duration(ms) {
  if (ms < 999.5) return `${Math.round(ms)} ms`
  if (ms < 120_000) return `${(ms / 1_000).toFixed(ms < 9_995 ? 2 : 1)} s`
  const seconds = Math.round(ms / 1_000)
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}
