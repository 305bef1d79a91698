import { type Measured, type Words, wentOn } from './words.ts'

export const russian: Words = {
  title: 'Домашнее задание №3: кластер Patroni, который ломали нарочно',
  how: ({ date, duration: length, scenarios, runs, lab, patroni, postgresql, etcd, docker, timing, proxy, probeMs }) =>
    [
      `Все числа ниже измерены командой \`chaoslab run hw3/scenarios/homework/*.yaml --answer hw3/HW_3_SOLUTION.md --lang ru\` ${date}: сценариев ${scenarios}, прогонов ${runs}, всего ${length}.`,
      `Версии: Patroni ${patroni}, PostgreSQL ${postgresql}, etcd ${etcd}, Docker ${docker}, chaoslab ${lab}. Настройки Patroni: ${timing}; проверка HAProxy: ${proxy}.`,
      `Пока всё ломалось, клиенты писали через порт 5001 HAProxy и читали через 5002, а проба ${probeMs === null ? '' : `каждые ${probeMs} мс `}засекала, сколько времени это не удавалось. После каждого прогона каждая запись проверена в базе: *потерянная* — та, о которой клиенту сказали «сделано», а в базе её нет.`,
    ].join('\n\n'),
  cluster: {
    title: 'Из чего состоит кластер',
    parts: [
      '- **etcd1–3**: DCS. Три узла, согласие по Raft, кворум — два из трёх. Здесь лежит ключ лидера с арендой (lease): если держатель не продлит её за `ttl` секунд, ключ исчезает.',
      '- **patroni1–3**: PostgreSQL и рядом Patroni. У кого ключ лидера, тот и primary; остальные получают WAL потоком от него.',
      '- **haproxy**: спрашивает каждый Patroni по REST, кто лидер. 5001 ведёт на лидера, 5002 — на реплики по очереди, на 7001 статистика. Клиенты знают только этот адрес.',
    ].join('\n'),
    reading:
      'Ровно один член кластера — Leader, остальные — Replica: получают поток на том же таймлайне (TL) и не отстают. В HAProxy в `leader` UP только лидер: `OPTIONS /primary` отвечает 200 только у держателя ключа (остальные отвечают 503, L7STS), а в `replicas` UP только реплики. Последние две строки показывают, куда приложение пишет и откуда читает.',
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
    note: 'Несколько значений — это повторы. «Избыточность восстановлена» считается от поломки до момента, когда старый лидер снова получает поток; в это время входит и то, сколько держали поломку.',
  },
  casesTitle: 'По порядку',
  questions: {
    'replica-off': {
      title: 'Реплику выключили и включили',
      done: 'Одну реплику остановили и снова запустили.',
      answer: (m) =>
        `${goesOn(m)} HAProxy убирает остановленную реплику из 5002, чтения идут на оставшуюся; лидер ничего не замечает. Вернувшись, реплика догоняет по WAL. Потеряно записей: ${m.lost}.`,
    },
    'leader-off': {
      title: 'Лидера выключили и включили',
      done: 'Лидера остановили штатно (`docker stop`).',
      answer: (m) =>
        `${goesOn(m)} Patroni останавливает PostgreSQL и отдаёт ключ, поэтому реплика становится лидером сразу, на новом таймлайне. Старый лидер возвращается репликой. Потеряно записей: ${m.lost}.`,
    },
    'leader-killed': {
      title: 'Лидера убили',
      done: 'Все процессы контейнера лидера убили разом (`docker kill`).',
      answer: (m) =>
        `${goesOn(m)} Ключ никто не отдал: сначала он должен был истечь (через ${m.keyGone} после последней подтверждённой записи), потом его взял другой узел (${m.keyTaken}) и стал primary (${m.promotion}). То есть большая часть простоя — это \`ttl\`. Потеряно записей: ${m.lost}.`,
    },
    'leader-paused': {
      title: 'Лидера заморозили',
      done: 'Контейнер лидера заморозили (`docker pause`) и отпустили, когда лидером стал другой.',
      answer: (m) =>
        `${goesOn(m)} Для кластера замёрзший узел всё равно что мёртвый: ключ истекает (${m.keyGone}), реплика становится лидером. Отпущенный старый лидер видит, что ключ не у него, и становится репликой. Время, когда два узла приняли бы записи: ${m.splitBrain}. Потеряно записей: ${m.lost}.`,
    },
    'leader-cut-off': {
      title: 'Лидера отрезали от etcd и соседей, а клиенты его видят',
      done: 'Сеть разделили: лидер с одной стороны, etcd и реплики с другой; HAProxy и клиенты видят обе. Репликация асинхронная.',
      answer: (m) =>
        `${goesOn(m)} Пока старый лидер не сдался, он подтверждает записи, которых ни у кого больше нет. Когда он возвращается, pg_rewind их выбрасывает. **Потеряно подтверждённых записей: ${m.lost}.**`,
    },
    'leader-cut-off-synchronous': {
      title: 'То же с синхронной репликацией',
      done: 'То же разделение сети при `synchronous_mode: true`.',
      answer: (m) =>
        `${goesOn(m)} Отрезанный лидер ждёт реплику, которая не отвечает, и потому не подтверждает ничего, что могло бы пропасть. **Потеряно подтверждённых записей: ${m.lost}**; остались без ответа (клиент не знает, записано или нет): ${m.unknown}.`,
    },
    'etcd-member-off': {
      title: 'Один etcd выключили и включили',
      done: 'Остановили и снова запустили один узел etcd, не их лидера.',
      answer: (m) =>
        `${goesOn(m)} Два из трёх — кворум: аренда продлевается через остальных. Переключений: ${m.failovers}.`,
    },
    'etcd-leader-off': {
      title: 'Лидера etcd выключили и включили',
      done: 'Остановили и снова запустили тот узел etcd, который был лидером Raft.',
      answer: (m) =>
        `${goesOn(m)} Оставшиеся два примерно за секунду выбирают нового лидера Raft, и каждая аренда начинает отсчёт заново. Переключений PostgreSQL: ${m.failovers}.`,
    },
    'quorum-lost': {
      title: 'Два etcd из трёх выключены (failsafe выключен)',
      done: 'Большинство etcd остановили и через некоторое время запустили.',
      answer: (m) =>
        `${goesOn(m)} PostgreSQL жив, но лидер не может продлить ключ и обязан считать, что его возьмёт кто-то другой: он сам себя понижает. Выбрать нового тоже некому. Запись стоит, пока у etcd нет кворума. Потеряно записей: ${m.lost}.`,
    },
    'quorum-lost-failsafe': {
      title: 'Два etcd из трёх выключены (failsafe включён)',
      done: 'То же при `failsafe_mode: true`.',
      answer: (m) =>
        `${goesOn(m)} Лидер спрашивает по REST все остальные узлы, можно ли ему продолжать; все согласны, и он работает без etcd. Потеряно записей: ${m.lost}.`,
    },
    'proxy-off': {
      title: 'HAProxy выключили',
      done: 'Единственный HAProxy убили на десять секунд.',
      answer: (m) =>
        `${goesOn(m)} База здорова, но до неё не добраться: HAProxy — единая точка отказа этого кластера. Переключений: ${m.failovers}.`,
    },
    'proxy-off-two-endpoints': {
      title: 'HAProxy выключили, но рядом есть второй',
      done: 'То же с двумя HAProxy и клиентами, которые знают оба адреса и пробуют их по порядку.',
      answer: (m) =>
        `${goesOn(m)} На то, что было в пути через убитый прокси, никто не ответил (неизвестно: ${m.unknown}); следующее соединение уходит на второй.`,
    },
    'all-off': {
      title: 'Всё выключили и включили',
      done: 'Все контейнеры убили в один момент и снова запустили.',
      answer: (m) =>
        `${goesOn(m)} Данные лежат на томах: etcd снова находит кворум, один из узлов берёт ключ лидера, HAProxy находит его. Руками нужно только запустить контейнеры. Потеряно записей: ${m.lost}.`,
    },
  },
  looks: {
    'with the replica off': 'Реплика выключена',
    'with the replica on again': 'Реплика снова включена',
    'with the old leader off': 'Старый лидер выключен',
    'with the old leader on again': 'Старый лидер снова включён',
    'with the old leader dead': 'Старый лидер убит',
    'with the old leader back': 'Старый лидер вернулся',
    'with the old leader frozen': 'Старый лидер заморожен',
    'with the old leader resumed': 'Старый лидер отпущен',
    'with the old leader cut off': 'Старый лидер отрезан',
    'with the old leader connected again': 'Старый лидер снова в сети',
    'with one etcd off': 'Один etcd выключен',
    'with the etcd leader off': 'Лидер etcd выключен',
    'without a quorum': 'Кворума нет',
    'with the quorum back': 'Кворум вернулся',
    'with HAProxy off': 'HAProxy выключен',
    'with the first HAProxy off': 'Первый HAProxy выключен',
    'with everything off': 'Всё выключено',
    'with everything on again': 'Всё снова включено',
  },
  enough: {
    title: 'Достаточная ли отказоустойчивость?',
    paragraphs: (find) => [
      sentence(
        find('leader-killed'),
        (m) =>
          `**У базы — да, но не бесплатно.** Потерю любого одного узла кластер переживает сам. Падение лидера стоит ${m.writeOutage} без записи, и большая часть этого — \`ttl\`; штатная остановка стоит ${find('leader-off')?.writeOutage ?? 'меньше'}.`,
      ),
      sentence(
        find('leader-cut-off'),
        (m) =>
          `**У данных — нет, если репликация асинхронная.** При разделении сети потеряно подтверждённых записей: ${m.lost}${sentence(find('leader-cut-off-synchronous'), (s) => `; с \`synchronous_mode\`: ${s.lost}`)}.`,
      ),
      sentence(
        find('quorum-lost'),
        (m) =>
          `**У DCS — можно потерять один узел из трёх.** Без кворума писать нельзя (здесь ${m.writeOutage}, сколько это и длилось)${sentence(find('quorum-lost-failsafe'), (s) => `; \`failsafe_mode\` это перекрывает (простой записи: ${s.writeOutage})`)}.`,
      ),
      sentence(
        find('proxy-off'),
        (m) =>
          `**У дороги к базе — нет.** HAProxy один, и пока он выключен, никто не пишет (${m.writeOutage}) и не читает (${m.readOutage}), как бы ни был здоров кластер.`,
      ),
    ],
  },
  production: {
    title: 'Как избежать единственного HAProxy в продакшене',
    paragraphs: (find) => [
      sentence(
        find('proxy-off-two-endpoints'),
        (m) =>
          `Не на словах, а на деле: со вторым HAProxy и клиентами, которые знают оба адреса, то же убийство дало простой записи: ${m.writeOutage}, чтения: ${m.readOutage}${sentence(find('proxy-off'), (one) => ` — вместо ${one.writeOutage} и ${one.readOutage}`)}.`,
      ),
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
    text: 'После прогона в Grafana на http://localhost:3000 (admin/admin, если её образ доступен) есть три дашборда из `grafana_dashboards/`; у каждого прогона есть и свой отчёт `report.html`.\n\n~~~sh\nnpm start -- up --proxies 2\nnpm start -- run hw3/scenarios/homework/*.yaml --answer hw3/HW_3_SOLUTION.md --lang ru\n~~~',
  },
  judgement: { pass: 'да', fail: '**нет**', unknown: 'неизвестно' },
  missing: (titles) => `В этом прогоне не измерено: ${titles.join('; ')}.`,
  notMeasured: 'не измерено',
  notOver: 'к концу не закончилось',
  none: 'нет',
  duration,
}

/** As formatDuration, three figures at most: `7,62 с`, `340 мс`, `2 мин 5 с`. */
function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} мс`
  if (ms < 120_000) return `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1).replace('.', ',')} с`
  const seconds = Math.round(ms / 1_000)
  return `${Math.floor(seconds / 60)} мин ${seconds % 60} с`
}

function goesOn({ worstWriteOutageMs, worstReadOutageMs, writeOutage, readOutage }: Measured): string {
  return `${one('Запись', worstWriteOutageMs, writeOutage)} ${one('Чтение', worstReadOutageMs, readOutage)}`
}

function one(what: string, outageMs: number | null, told: string): string {
  const isOn = wentOn(outageMs)
  if (isOn === null) return `${what}: не измерено.`
  if (outageMs === 0) return `${what}: без перерыва.`
  return isOn ? `${what}: продолжается, перерыв ${told}.` : `${what}: не работает **${told}**.`
}

function sentence(measured: Measured | null, tell: (measured: Measured) => string): string {
  return measured === null ? '' : tell(measured)
}
