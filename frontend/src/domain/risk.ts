/** How risky a command is with these parameters, and how much the page asks before it is sent. */
import type { components } from '@/contracts/openapi'
import { safeConditions } from './presence-safe-state'
import type { Tone } from './statuses'

export type RiskClass = components['schemas']['RiskClass']
type Definition = Pick<components['schemas']['CommandDefinitionOut'], 'risk' | 'risk_rules' | 'parameters'>

/**
 * The first rule that applies counts, as on the server. A needed parameter that is not filled in yet counts as given
 * with a value that nobody knows: the form does not ask for more than the finished command will.
 */
export function effectiveRisk({ risk, risk_rules, parameters }: Definition, params: Readonly<Record<string, unknown>>): RiskClass {
  const needed: unknown[] = Array.isArray(parameters.required) ? parameters.required : []
  const rule = risk_rules.find(({ parameter, values }) => {
    const value = params[parameter]
    if (value === undefined || value === null) return values === null && needed.includes(parameter)
    return values === null || (typeof value === 'string' && values.includes(value))
  })
  return rule?.risk ?? risk
}

/** `none`: sent at once. `confirm`: one more press. `typed`: a reason, and digits of the VIN typed by hand. */
export type Confirmation = 'none' | 'confirm' | 'typed'

export function confirmationFor(risk: RiskClass): Confirmation {
  if (risk === 'R0' || risk === 'R1') return 'none'
  return risk === 'R2' ? 'confirm' : 'typed'
}

export interface RiskWords {
  readonly label: string
  readonly tone: Tone
  readonly meaning: string
}

const words: Record<RiskClass, RiskWords> = {
  R0: { label: 'Reads', tone: 'good', meaning: 'Reads identity and fault memory. Nothing changes in the vehicle.' },
  R1: { label: 'Reads live data', tone: 'good', meaning: 'Reads live data, which may tell about the owner. Nothing changes in the vehicle.' },
  R2: { label: 'Changes data', tone: 'warning', meaning: 'Clears or writes what can be restored. Evidence of a fault may be lost.' },
  R3: { label: 'Moves things', tone: 'bad', meaning: 'May move things in the vehicle or stop a control unit, and so hurt people.' },
  R4: { label: 'Coding', tone: 'bad', meaning: 'Changes how a control unit works, or unlocks it. It may not be possible to undo it.' },
}

export function riskWords(risk: RiskClass): RiskWords {
  return words[risk]
}

/** How many characters at the end of the VIN are typed to confirm. */
export const TYPED_DIGITS = 4

/** What has to be typed: the end of the VIN, or how many vehicles there are. */
export function wantedTyping(vins: readonly string[]): string {
  const [only] = vins
  return vins.length === 1 && only !== undefined ? only.slice(-TYPED_DIGITS) : String(vins.length)
}

export function isTypedRight(typed: string, wanted: string): boolean {
  return typed.trim().toUpperCase() === wanted.toUpperCase()
}

export interface SafeStatePlan {
  /** `checked`: read just before sending. `missing`: nothing is set, such commands are refused. */
  readonly kind: 'checked' | 'not_needed' | 'missing'
  /** `vehicle speed: at most 1 km/h`. */
  readonly conditions: readonly string[]
}

/** What the vehicle's settings say about its safe state. */
export function safeStatePlan(settings: Readonly<Record<string, unknown>>): SafeStatePlan {
  const safe = settings.safe_state
  if (typeof safe === 'object' && safe !== null && 'policy' in safe && safe.policy === 'not_needed') return { kind: 'not_needed', conditions: [] }
  const conditions = safeConditions(settings).map(({ reading, wanted }) => `${reading}: ${wanted}`)
  return { kind: conditions.length > 0 ? 'checked' : 'missing', conditions }
}
