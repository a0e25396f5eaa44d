/** A vehicle's safe state settings in words: what is checked before a risky command reaches it. Pure. */

type Raw = Readonly<Record<string, unknown>>

export interface SafeStateWords {
  readonly summary: string
  readonly conditions: readonly string[]
}

const none: SafeStateWords = { summary: 'None set: nothing is checked before a risky command.', conditions: [] }

export function safeState(settings: Raw): SafeStateWords {
  const state = record(settings.safe_state)
  if (state === null) return none
  const raw: unknown[] = Array.isArray(state.conditions) ? state.conditions : []
  const conditions = raw.flatMap((item) => {
    const condition = record(item)
    return condition === null ? [] : [words(condition)]
  })
  if (conditions.length === 0) return state.policy === 'checked' ? none : { summary: policyWords(state.policy), conditions }
  return { summary: policyWords(state.policy), conditions }
}

function policyWords(policy: unknown): string {
  if (policy === undefined || policy === 'checked') return 'Checked before every command that may change the vehicle:'
  return `Policy: ${plain(policy)}`
}

function words(condition: Raw): string {
  const reading = plain(condition.reading)
  const bounds = [
    condition.minimum != null ? `at least ${plain(condition.minimum)}` : null,
    condition.maximum != null ? `at most ${plain(condition.maximum)}` : null,
    condition.equals != null ? `exactly ${plain(condition.equals)}` : null,
    Array.isArray(condition.one_of) ? `one of ${condition.one_of.map(plain).join(', ')}` : null,
  ].filter((bound) => bound !== null)
  const where = [condition.component ?? condition.ecuAddress, condition.dataId ?? (Array.isArray(condition.dataIds) ? condition.dataIds[0] : null)]
  const place = where.filter((part) => part != null).map(plain).join(' ')
  return `${reading} ${bounds.join(' and ')}${place === '' ? '' : ` (${place})`}`
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function record(value: unknown): Raw | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Raw) : null
}
