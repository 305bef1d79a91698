import type { Clock } from '../log/clock.ts'
import type { LabControl, Playback } from './control.ts'
import type { Frames } from './frames.ts'
import { warning } from './notice.ts'
import type { Effect, Ui } from './ui-state.ts'

/** What an effect can reach. */
interface EffectReach {
  readonly frames: Frames
  readonly control: LabControl
  readonly clock: Clock
  /** Null on a lab that runs. */
  readonly replay: Playback | null
  /** Changes the screen as it is then: what an effect comes to may be told much later than the key that asked for it. */
  readonly change: (by: (before: Ui) => Ui) => void
  exit(): void
}

/** Asks of the lab, or of the recording, what a key has asked for. */
export function runEffect(effect: Effect, reach: EffectReach): void {
  const { frames, control, clock, replay } = reach
  switch (effect.type) {
    case 'start':
      start(effect, reach)
      break
    case 'traffic':
      control.setTraffic(effect.change)
      break
    case 'audit':
      if (control.audit !== undefined) control.audit()
      else reach.change((ui) => ({ ...ui, audit: null, notice: warning('nobody can audit this run') }))
      break
    case 'heal':
      healAll(reach)
      break
    case 'heal others':
      healOthers(reach)
      break
    case 'inject':
      inject(effect, reach)
      break
    case 'list scenarios':
      listScenarios(reach)
      break
    case 'run scenario':
      runScenario(effect, reach)
      break
    case 'stop scenario':
      control.scenarios?.stop()
      break
    case 'pause or play':
      replay?.setPaused(!replay.isPaused)
      frames.refresh()
      break
    case 'seek':
      replay?.seek(clock.nowMs() + effect.byMs)
      frames.refresh()
      break
    case 'rewind':
      replay?.seek(0)
      frames.refresh()
      break
    case 'quit':
      control.quit()
      reach.exit()
  }
}

function healAll({ control, change }: EffectReach): void {
  void control.faults?.healAll().then(({ others, ...told }) =>
    change((ui) => {
      const after = { ...ui, healing: null, notice: told }
      // What the person has begun meanwhile is not taken away: the notice tells of the others as well.
      if (others.length === 0 || ui.dialog !== null || ui.form !== null || ui.menu !== null) return after
      return { ...after, dialog: { type: 'heal others', others } }
    }),
  )
}

function healOthers({ control, change, clock }: EffectReach): void {
  if (control.faults === undefined) return
  change((ui) => ({ ...ui, healing: { sinceMs: clock.nowMs() } }))
  void control.faults.healOthers().then((told) => change((ui) => ({ ...ui, healing: null, notice: told })))
}

/** That it is in force shows by itself. */
function inject({ order }: Extract<Effect, { type: 'inject' }>, { control, change }: EffectReach): void {
  void control.faults?.inject(order).then((error) => {
    if (error !== null) change((ui) => ({ ...ui, notice: warning(`${order.kind} of ${order.target}: ${error}`) }))
  })
}

/** Faults that this puts back show by themselves; what was down for another reason is told of. */
function start({ part }: Extract<Effect, { type: 'start' }>, { control, change }: EffectReach): void {
  void control.faults?.start(part).then((told) => change((ui) => ({ ...ui, notice: told })))
}

function listScenarios({ control, change }: EffectReach): void {
  if (control.scenarios === undefined) {
    change((ui) => ({ ...ui, menu: null, notice: warning('no scenario can be run here') }))
    return
  }
  void control.scenarios
    .list()
    .then((entries) => change((ui) => (ui.menu?.type === 'scenarios' ? { ...ui, menu: { ...ui.menu, entries } } : ui)))
}

function runScenario(
  { file, name }: Extract<Effect, { type: 'run scenario' }>,
  { control, change, clock }: EffectReach,
): void {
  if (control.scenarios === undefined) return
  const onPhase = (text: string | null) =>
    change((ui) => {
      if (text === null) return { ...ui, staging: null, focus: 'scenario' }
      if (ui.staging?.text === text) return ui
      return { ...ui, staging: { name, text, sinceMs: clock.nowMs() } }
    })
  onPhase('begins')
  void control.scenarios.run(file, onPhase).then((told) => {
    const text = `${name}: ${told.text}`
    change((ui) => ({ ...ui, staging: null, notice: { ...told, text } }))
  })
}
