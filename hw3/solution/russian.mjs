/** @import { Suite } from '../../src/report/suite-schema.ts' */
/** @import { Check, Find } from './english.mjs' */
/** @import { Teller } from './fill.mjs' */
/** @import { Measured } from './measured.mjs' */
import { fill } from './fill.mjs'
import { shareOf } from './measured.mjs'

/** @param {Suite} suite */
export default (suite) => fill(suite, words)

/** @type {typeof import('./english.mjs').words} */
export const words = {
  title: 'Домашнее задание №3: кластер Patroni, который ломали нарочно',
  how: ({ date, durationMs, scenarios, runs, lab, versions, settings }) => [
    `Все числа и все причины ниже измерены командой \`chaoslab run hw3/scenarios/homework/*.yaml\` ${date}: сценариев ${scenarios}, прогонов ${runs}, всего ${duration(durationMs)}. Предложения собирает [шаблон](solution/russian.mjs), который выбирает их по измеренному.`,
    `Версии: Patroni ${versions?.patroni ?? '?'}, PostgreSQL ${versions?.postgresql ?? '?'}, etcd ${versions?.etcd ?? '?'}, Docker ${versions?.docker ?? '?'}, chaoslab ${lab}.${settings === null ? '' : ` Настройки Patroni: ttl ${settings.ttlSeconds ?? '?'}, loop_wait ${settings.loopWaitSeconds ?? '?'}, retry_timeout ${settings.retryTimeoutSeconds ?? '?'}.`}${settings?.proxyCheck == null ? '' : ` HAProxy проверяет раз в ${settings.proxyCheck.interSeconds} с; неудач подряд, чтобы убрать сервер: ${settings.proxyCheck.fall}, удач, чтобы вернуть: ${settings.proxyCheck.rise}.`}`,
    `Пока всё ломалось, клиенты писали через порт 5001 HAProxy и читали через 5002, а проба ${settings?.probeIntervalMs == null ? '' : `каждые ${settings.probeIntervalMs} мс `}засекала, сколько времени это не удавалось. После каждого прогона каждая запись проверена в базе: *потерянная* — та, о которой клиенту сказали «сделано», а в базе её нет.`,
  ],
  missing: (titles) => `**В этом наборе прогонов нет, и потому здесь без ответа:** ${titles.join('; ')}.`,
  cluster: {
    title: 'Из чего состоит кластер',
    parts: [
      '- **etcd1–3**: DCS. Три узла, согласие по Raft, кворум — два из трёх. Здесь лежит ключ лидера с арендой (lease): если держатель не продлит её за `ttl` секунд, ключ исчезает.',
      '- **patroni1–3**: PostgreSQL и рядом Patroni. У кого ключ лидера, тот и primary; остальные получают от него WAL потоком.',
      '- **haproxy**: спрашивает каждый Patroni по REST, кто лидер. 5001 ведёт на лидера, 5002 — на реплики по очереди, на 7001 статистика. Клиенты знают только этот адрес.',
    ].join('\n'),
    reading:
      'Как это читать: Leader держит ключ лидера; Replica в состоянии `streaming` на том же таймлайне (TL) идёт за ним. Для порта 5001 HAProxy спрашивает каждый узел `OPTIONS /primary`, для 5002 — `OPTIONS /replica`: ответ 200 значит UP (L7OK), 503 — DOWN (L7STS), нет ответа — тоже DOWN (L4TOUT, L4CON). Поэтому в `leader` UP тот узел, у которого ключ, а в `replicas` — остальные. Последние две строки показывают, куда приложение пишет и откуда читает.',
  },
  overview: {
    title: 'Коротко',
    columns: [
      'что сделали',
      'не писалось',
      'не читалось',
      'потеряно подтверждённых записей',
      'переключений',
      'избыточность восстановлена через',
      'как ожидалось',
    ],
    none: 'без простоя',
    note: 'Где значений несколько, это повторы. «Избыточность восстановлена» считается от поломки до момента, когда старый лидер снова получает поток, так что сюда входит и время, пока поломку держали; прочерк — там, где лидер не сменился.',
  },
  casesTitle: 'По порядку',
  ability: {
    always: {
      write: (gap) =>
        gap === '' ? 'Клиенты писали всё время.' : `Клиенты писали всё время (самый большой перерыв ${gap}).`,
      read: (gap) =>
        gap === '' ? 'Клиенты читали всё время.' : `Клиенты читали всё время (самый большой перерыв ${gap}).`,
    },
    not: {
      write: (lengths, had, of) => `Клиенты не могли писать **${lengths}**${someOf(had, of)}.`,
      read: (lengths, had, of) => `Клиенты не могли читать **${lengths}**${someOf(had, of)}.`,
    },
    notMeasured: {
      write: 'Могли ли клиенты писать, измерено не в каждом прогоне.',
      read: 'Могли ли клиенты читать, измерено не в каждом прогоне.',
    },
  },
  kinds: {
    failover: 'Ключ лидера перешёл к другому узлу.',
    'quorum-lost': 'Началось это, пока у etcd не было кворума.',
    'proxy-down': 'HAProxy не отвечал, а лидер остался прежним.',
    'restart-in-place': 'PostgreSQL перезапустился на том же лидере, на том же таймлайне.',
    'leader-returned': 'Тот же узел перестал быть лидером и стал им снова.',
    'leader-kept': 'Лидер остался прежним, но клиенты до него какое-то время не доходили.',
    'replicas-lost': 'HAProxy было некуда вести: ни одной реплики.',
    unknown: 'Ничто из увиденного не объясняет почему.',
  },
  ofReads: (kind) => `Про чтение: ${kind}`,
  served: (lengths) => `После поломки клиенты ещё обслуживались ${lengths}, потом начался простой.`,
  notKept: 'Чем это объясняется, в этом наборе не сохранено.',
  steps: {
    columns: ['до чего', 'сколько', 'из-за чего'],
    names: {
      fault: 'отказал и следующий лидер',
      'quorum-lost': 'etcd потерял кворум',
      'last-ack': 'последний ответ клиентам',
      'first-error': 'первая ошибка',
      raft: 'у etcd новый лидер',
      'quorum-regained': 'у etcd снова кворум',
      lifted: 'отказавшее вернули',
      'proxy-back': 'HAProxy снова отвечает',
      'key-gone': 'ключа лидера больше нет',
      'key-taken': 'ключ лидера взят',
      promoted: 'PostgreSQL лидера вышел из восстановления',
      'proxy-up': 'HAProxy ведёт на лидера',
      'replica-up': 'HAProxy ведёт на реплику',
      flicker: 'ответ получил первый клиент',
      'first-ack': 'клиенты снова обслужены',
      streaming: 'старый лидер снова получает поток',
      healthy: 'всё снова цело',
    },
    steady: 'клиенты обслужены без перерывов',
    byCause: {
      'key-gone ttl': 'ключ лидера истёк',
      'key-gone release': 'лидер остановился и отдал ключ',
    },
  },
  causes: {
    ttl: ({ ttlMs }) => setting('ttl', ttlMs),
    release: () => 'остановка PostgreSQL, на которую Patroni смотрит раз в секунду',
    'members-silent': ({ members, timeoutMs }) =>
      `не ответил ${and(members)}: на каждый опрашиваемый узел у Patroni всегда ${seconds(timeoutMs)}`,
    'members-answer': () => 'опрошенные узлы ответили сразу',
    'next-loop': ({ loopWaitMs }) => `следующий цикл Patroni, ${setting('loop_wait', loopWaitMs)}`,
    retries: ({ loopWaitMs, retryTimeoutMs }) =>
      `${setting('loop_wait', loopWaitMs)} + 2 × ${setting('retry_timeout', retryTimeoutMs)}: столько Patroni снова пробует etcd`,
    'no-quorum': ({ retryTimeoutMs, ttlMs }) =>
      `без кворума: ${setting('retry_timeout', retryTimeoutMs)}, самое большее ${setting('ttl', ttlMs)}`,
    'proxy-gives-up': ({ check }) => `проверка HAProxy${times(check, 'неудач')}`,
    shutdown: () => 'остановка PostgreSQL',
    replay: ({ bytes }) => `непроигранный WAL${bytes === null ? '' : `: ${size(bytes)}`}`,
    'crash-recovery': ({ loopWaitMs }) =>
      `${setting('loop_wait', loopWaitMs)}, потом запуск и восстановление после сбоя`,
    'key-kept': ({ loopWaitMs, retryTimeoutMs }) =>
      `Patroni снова находит etcd: самое большее ${setting('loop_wait', loopWaitMs)} + 2 × ${setting('retry_timeout', retryTimeoutMs)}`,
    election: () => 'запуск etcd и выборы по Raft',
    'proxy-check': ({ check }) => `проверка HAProxy${times(check, 'удач')}`,
    reconnect: ({ everyMs }) => `клиент пробует снова каждые ${everyMs} мс`,
  },
  unproven: (why, cause) => `не доказано (${why}); вероятно, ${cause}`,
  whyUnproven: {
    'no-access': 'журналы узлов читать нельзя',
    'not-read': 'журналы узлов не прочитаны',
    'not-said': 'журналы узлов об этом молчат',
  },
  cases: {
    'replica-off': {
      title: 'Реплику выключили и включили',
      done: 'Одну реплику остановили и снова запустили.',
      lesson: (m) =>
        m.isAlways('write_outage', 0) && m.isAlways('failovers', 0)
          ? 'Лидер работает и без неё: при асинхронной репликации реплику никто не ждёт.'
          : '',
    },
    'leader-off': {
      title: 'Лидера выключили и включили',
      done: 'Лидера остановили штатно (`docker stop`).',
      lesson: (m) =>
        shareOf(m.longest('write'), 'release') > 0
          ? 'Лидер, которого просят остановиться, отдаёт ключ: ждать, пока тот истечёт, не нужно.'
          : '',
    },
    'leader-killed': {
      title: 'Лидера убили',
      done: 'Все процессы контейнера лидера убили разом (`docker kill`).',
      lesson: ttlLesson,
    },
    'leader-paused': {
      title: 'Лидера заморозили',
      done: 'Контейнер лидера заморозили (`docker pause`) и отпустили, когда лидером стал другой.',
      lesson: (m, tell) => `${ttlLesson(m)} ${twoLeaders(m, tell)}`.trim(),
    },
    'leader-cut-off': {
      title: 'Лидера отрезали от etcd и соседей, а клиенты его видят',
      done: 'Сеть разделили: лидер с одной стороны, etcd и реплики с другой; HAProxy и клиенты видят обе. Репликация асинхронная.',
      lesson: (m, tell) =>
        m.hasAny('lost_writes') && m.isAlways('unexplained_lost_writes', 0)
          ? `Пока старый лидер не сдался, он подтверждает записи, которых нет больше ни у кого; когда он идёт за новым лидером, они пропадают. ${twoLeaders(m, tell)}`
          : twoLeaders(m, tell),
    },
    'leader-cut-off-synchronous': {
      title: 'То же с синхронной репликацией',
      done: 'То же разделение сети при `synchronous_mode: true`.',
      lesson: (m, tell) =>
        [
          m.isAlways('lost_writes', 0)
            ? 'Запись подтверждают, только когда она есть у реплики, поэтому отрезанный лидер не мог подтвердить ничего, что пропало бы.'
            : '',
          m.hasAny('unknown_writes')
            ? `Записей без ответа, о которых клиент не знает, сделаны ли они: ${tell.counts(m, 'unknown_writes')}.`
            : '',
          m.hasAny('seen_then_lost')
            ? `Записей, которые были прочитаны, а потом пропали: ${tell.counts(m, 'seen_then_lost')}. Подтверждения на них никто не получил; их успела получить и показать несинхронная реплика, а потом ей пришлось от них отказаться: лидером стала другая, у которой их нет.`
            : '',
        ]
          .join(' ')
          .trim(),
    },
    'etcd-member-off': {
      title: 'Один etcd выключили и включили',
      done: 'Остановили и снова запустили один узел etcd, не их лидера.',
      lesson: quorumHeld,
    },
    'etcd-leader-off': {
      title: 'Лидера etcd выключили и включили',
      done: 'Остановили и снова запустили тот узел etcd, который был лидером Raft.',
      lesson: quorumHeld,
    },
    'quorum-lost': {
      title: 'Два etcd из трёх выключены (failsafe выключен)',
      done: 'Большинство etcd остановили и через некоторое время запустили.',
      lesson: (m) =>
        m.longest('write')?.some(({ cause }) => cause === 'quorum-lost')
          ? 'Без кворума лидер не может продлить ключ и обязан уступить, а выбрать другого некому.'
          : '',
    },
    'quorum-lost-failsafe': {
      title: 'Два etcd из трёх выключены (failsafe включён)',
      done: 'То же при `failsafe_mode: true`.',
      lesson: (m) =>
        m.isAlways('write_outage', 0) && m.isAlways('failovers', 0)
          ? 'В режиме failsafe лидер спрашивает по REST все остальные узлы и работает без etcd, пока все они согласны.'
          : '',
    },
    'proxy-off': {
      title: 'HAProxy выключили',
      done: 'Единственный HAProxy убили на десять секунд.',
      lesson: (m) =>
        m.longest('write')?.some(({ cause }) => cause === 'proxy-down') && m.isAlways('failovers', 0)
          ? 'С базой ничего не случилось, но дойти до неё никто не мог: HAProxy — единая точка отказа этого кластера.'
          : '',
    },
    'proxy-off-two-endpoints': {
      title: 'HAProxy выключили, но рядом есть второй',
      done: 'То же с двумя HAProxy и клиентами, которые знают оба адреса и пробуют их по порядку.',
      lesson: (m, tell) =>
        m.isAlwaysOver('write_outage')
          ? `Соединения с убитым прокси рвутся, следующее идёт на второй. Записей, которые были в пути и остались без ответа: ${tell.counts(m, 'unknown_writes')}.`
          : '',
    },
    'all-off': {
      title: 'Всё выключили и включили',
      done: 'Все контейнеры убили в один момент и снова запустили.',
      lesson: (m) =>
        m.isAlwaysOver('write_outage') && m.isAlways('lost_writes', 0)
          ? 'Данные лежат на томах: контейнеры запустили, и кластер сам вернулся со всем, что подтвердил.'
          : '',
    },
  },
  lost: (counts) => `Потеряно подтверждённых записей: **${counts}**.`,
  unexpected: { fail: 'Не так, как ожидалось:', unknown: 'Так ли, как ожидалось, неизвестно:' },
  looks: {
    'with the replica off': 'реплика выключена',
    'with the replica on again': 'реплика снова включена',
    'with the old leader off': 'старый лидер выключен',
    'with the old leader on again': 'старый лидер снова включён',
    'with the old leader dead': 'старый лидер убит',
    'with the old leader back': 'старый лидер вернулся',
    'with the old leader frozen': 'старый лидер заморожен',
    'with the old leader resumed': 'старый лидер отпущен',
    'with the old leader cut off': 'старый лидер отрезан',
    'with the old leader connected again': 'старый лидер снова в сети',
    'with one etcd off': 'один etcd выключен',
    'with the etcd leader off': 'лидер etcd выключен',
    'without a quorum': 'кворума нет',
    'with the quorum back': 'кворум вернулся',
    'with HAProxy off': 'HAProxy выключен',
    'with the first HAProxy off': 'первый HAProxy выключен',
    'with everything off': 'всё выключено',
    'with everything on again': 'всё снова включено',
  },
  enough: {
    title: 'Достаточная ли отказоустойчивость?',
    paragraphs: (find, tell) => [
      ofDatabase(find, tell),
      ofData(find, tell),
      ofDcs(find, tell),
      ofTheWay(find('proxy-off'), tell),
    ],
  },
  production: {
    title: 'Как избежать единственного HAProxy в продакшене',
    paragraphs: (find, tell) => [
      secondProxy(find('proxy-off-two-endpoints'), find('proxy-off'), tell),
      [
        '- Два и больше прокси на разных хостах и строки подключения, где названы все: `host=haproxy1,haproxy2 port=5001,5011 target_session_attrs=read-write` (libpq, JDBC и большинство драйверов пробуют их по порядку).',
        '- Или один переезжающий адрес: keepalived (VRRP) перед прокси либо vip-manager, который привязывает адрес к самому ключу лидера.',
        '- Или вовсе без прокси: в строке подключения названы все узлы, `target_session_attrs=primary` для записи и `prefer-standby` для чтения.',
        '- Прокси рядом с каждым приложением (sidecar): тогда он падает только вместе со своим приложением.',
        '- В облаке: балансировщик в нескольких зонах, который спрашивает `/primary` и `/replica`, как здесь HAProxy.',
      ].join('\n'),
    ],
  },
  reproduce: {
    title: 'Как посмотреть самому',
    text: 'Во время прогона и после него в Grafana на http://localhost:3000 (admin/admin, если её образ доступен) есть три дашборда из `grafana_dashboards/`; у каждого прогона есть и свой отчёт `report.html`. Последняя команда заполняет этот текст по набору прогонов; его папку печатает предыдущая.\n\n~~~sh\nnpm start -- up --proxies 2\nnpm start -- run hw3/scenarios/homework/*.yaml\nnpm start -- report runs/…-suite --template hw3/solution/russian.mjs --out hw3/HW_3_SOLUTION.ru.md\n~~~',
  },
  judgement: { pass: 'да', fail: '**нет**', unknown: 'неизвестно' },
  notMeasured: 'не измерено',
  notOver: 'не закончилось',
  none: 'простоя нет',
  atLeast: (value) => `не меньше ${value} (к концу не закончилось)`,
  duration,
  and,
}

/** @param {Measured} m */
function ttlLesson(m) {
  return shareOf(m.longest('write'), 'ttl') > 0.5
    ? 'Ключ никто не отдал, поэтому большую часть простоя ждали, пока он истечёт.'
    : ''
}

/** @param {Measured} m @param {Teller} tell */
function twoLeaders(m, tell) {
  if (m.isAlways('split_brain', 0) && m.isAlways('split_brain_unknown', 0)) {
    return 'Ни в один момент два узла сразу записей не приняли бы.'
  }
  const unseen = m.hasAny('split_brain_unknown')
    ? ` Время, когда увидеть это было некому: ${tell.durations(m, 'split_brain_unknown')}.`
    : ''
  return `Время, когда записи приняли бы два узла сразу: ${tell.outages(m, 'split_brain', 'нет')}.${unseen}`
}

/** @param {Measured} m */
function quorumHeld(m) {
  return m.isAlways('write_outage', 0) && m.isAlways('failovers', 0)
    ? 'Два из трёх — кворум: ключ остался у лидера.'
    : ''
}

/** @param {Find} find @param {Teller} tell */
function ofDatabase(find, tell) {
  const [off, killed, paused] = [find('leader-off'), find('leader-killed'), find('leader-paused')]
  const all = [off, killed, paused].filter((each) => each !== null)
  if (all.length === 0) return ''
  const costs = [
    off === null ? '' : `штатная остановка лидера — ${tell.outages(off, 'write_outage')}`,
    killed === null ? '' : `падение — ${tell.outages(killed, 'write_outage')}`,
    paused === null ? '' : `заморозка — ${tell.outages(paused, 'write_outage')}`,
  ].filter((cost) => cost !== '')
  const isEnough = all.every(
    (m) => m.isAlways('failovers', 1) && m.isAlwaysOver('write_outage') && m.isAlways('lost_writes', 0),
  )
  const verdict = !isEnough
    ? '**У базы — не в этих прогонах.** Не каждый кончился хорошо или был измерен: смотрите по порядку.'
    : all.length < 3
      ? '**У базы — в тех случаях, что здесь есть.** Кластер сам нашёл нового лидера и ничего не потерял.'
      : '**У базы — да, но не бесплатно.** Кластер каждый раз сам находил нового лидера и ничего не терял.'
  return `${verdict} Цена, время без записи: ${costs.join(', ')}.`
}

/** @param {Find} find @param {Teller} tell */
function ofData(find, tell) {
  const [cut, synchronous] = [find('leader-cut-off'), find('leader-cut-off-synchronous')]
  if (cut === null) return ''
  const verdict = cut.hasAny('lost_writes')
    ? '**У данных — нет, если репликация асинхронная.**'
    : '**У данных — здесь ничего не потеряно, но асинхронная репликация этого не обещает.**'
  const other = synchronous === null ? '' : `; с \`synchronous_mode\`: ${tell.counts(synchronous, 'lost_writes')}`
  return `${verdict} Потеряно подтверждённых записей, когда лидера отрезали: ${tell.counts(cut, 'lost_writes')}${other}.`
}

/** @param {Find} find @param {Teller} tell */
function ofDcs(find, tell) {
  const one = [find('etcd-member-off'), find('etcd-leader-off')].filter((each) => each !== null)
  const [lost, failsafe] = [find('quorum-lost'), find('quorum-lost-failsafe')]
  if (one.length === 0 && lost === null) return ''
  const isEnough = one.length === 2 && one.every((m) => m.isAlways('write_outage', 0))
  const verdict = isEnough
    ? '**У DCS — можно потерять любой один узел из трёх.**'
    : '**У DCS:** что можно потерять один узел из трёх, здесь не показано.'
  const without =
    lost === null ? '' : ` Время без записи, пока выключены два из трёх: ${tell.outages(lost, 'write_outage')}`
  const bridged = failsafe === null ? '' : `; с \`failsafe_mode\`: ${tell.outages(failsafe, 'write_outage')}`
  return `${verdict}${without === '' ? '' : `${without}${bridged}.`}`
}

/** @param {Measured | null} m @param {Teller} tell */
function ofTheWay(m, tell) {
  if (m === null) return ''
  const hadAny = m.hasAny('write_outage') || m.hasAny('read_outage')
  const verdict = hadAny ? '**У дороги к базе — нет.**' : '**У дороги к базе:** простоя не видно.'
  return `${verdict} HAProxy один. Пока он выключен, время без записи: ${tell.outages(m, 'write_outage')}; без чтения: ${tell.outages(m, 'read_outage')}.`
}

/** @param {Measured | null} two @param {Measured | null} one @param {Teller} tell */
function secondProxy(two, one, tell) {
  if (two === null) return ''
  const instead =
    one === null ? '' : ` С одним: ${tell.outages(one, 'write_outage')} и ${tell.outages(one, 'read_outage')}.`
  return `Это тоже измерено: HAProxy убили так же, но их два, и клиенты знают оба адреса. Время без записи: ${tell.outages(two, 'write_outage', 'нет')}; без чтения: ${tell.outages(two, 'read_outage', 'нет')}.${instead}`
}

/** @param {number} had @param {number} of */
function someOf(had, of) {
  if (of === 1) return ''
  return had === of ? ` (прогонов: ${of})` : ` (прогонов: ${had} из ${of}, в остальных могли всё время)`
}

/** @param {Check} check @param {string} what */
function times(check, what) {
  if (check === null) return ''
  return `: раз в ${check.interSeconds} с, ${check.times === 1 ? 'хватает одной' : `${what} подряд: ${check.times}`}`
}

/** @param {string} name @param {number | null} ms */
function setting(name, ms) {
  return ms === null ? `\`${name}\`` : `\`${name}\` ${seconds(ms)}`
}

/** @param {number} ms */
function seconds(ms) {
  return `${String(ms / 1_000).replace('.', ',')} с`
}

/** @param {number} bytes */
function size(bytes) {
  if (bytes === 0) return 'нет'
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1_000)} кБ` : `${(bytes / 1_000_000).toFixed(1).replace('.', ',')} МБ`
}

/** @param {readonly string[]} items */
function and(items) {
  return items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} и ${items.at(-1)}`
}

/** Three figures: `7,62 с`, `340 мс`, `2 мин 5 с`. @param {number} ms */
function duration(ms) {
  if (ms < 999.5) return `${Math.round(ms)} мс`
  if (ms < 120_000) return `${(ms / 1_000).toFixed(ms < 9_995 ? 2 : 1).replace('.', ',')} с`
  const whole = Math.round(ms / 1_000)
  return `${Math.floor(whole / 60)} мин ${whole % 60} с`
}
