/** A vehicle's safe state settings in words: what is checked before a risky command reaches it. Pure. */

type Raw = Readonly<Record<string, unknown>>

export interface SafeStateWords {
  readonly summary: string
  readonly conditions: readonly string[]
}

export interface ConditionWords {
  /** `vehicle speed`. */
  readonly reading: string
  /** `at most 1 km/h`. */
  readonly wanted: string
  /** Where it is read, `0x1010 0xF40D`; empty where the settings do not say. */
  readonly place: string
}

export function safeState(settings: Raw): SafeStateWords {
  const state = record(settings.safe_state) ?? {}
  if (state.policy === 'not_needed') return { summary: 'Not checked: the settings say that it is not needed, as for a bench.', conditions: [] }
  const conditions = safeConditions(settings)
  if (conditions.length === 0) return { summary: 'None set: a vehicle with control units refuses what moves things (risk R3 and above).', conditions: [] }
  return {
    summary: 'Checked before every command that may move things (risk R3 and above):',
    conditions: conditions.map(({ reading, wanted, place }) => `${reading} ${wanted}${place === '' ? '' : ` (${place})`}`),
  }
}

/** The conditions of the settings in words, whatever the policy. */
export function safeConditions(settings: Raw): readonly ConditionWords[] {
  const raw: unknown = record(settings.safe_state)?.conditions
  return (Array.isArray(raw) ? raw : []).map(record).filter((condition) => condition !== null).map(conditionWords)
}

function conditionWords(condition: Raw): ConditionWords {
  const where = [condition.component ?? condition.ecuAddress, condition.dataId ?? (Array.isArray(condition.dataIds) ? condition.dataIds[0] : null)]
  return { reading: plain(condition.reading ?? 'a reading'), wanted: wantedWords(condition), place: where.filter((part) => part != null).map(plain).join(' ') }
}

/** A number always with its unit; where the settings name none, it is the one in which the vehicle answers. */
function wantedWords({ minimum, maximum, equals, one_of: oneOf, unit }: Raw): string {
  if (Array.isArray(oneOf)) return `one of ${oneOf.map(plain).join(', ')}`
  const bounds = [
    minimum != null ? `at least ${plain(minimum)}` : null,
    maximum != null ? `at most ${plain(maximum)}` : null,
    equals != null ? `exactly ${plain(equals)}` : null,
  ].filter((bound) => bound !== null)
  if (bounds.length === 0) return 'as set'
  const isNumber = [minimum, maximum, equals].some((bound) => typeof bound === 'number')
  const named = typeof unit === 'string' ? ` ${unit}` : ', in the unit of the vehicle’s answer'
  return `${bounds.join(' and ')}${isNumber ? named : ''}`
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function record(value: unknown): Raw | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Raw) : null
}
