/** The audit trail's actions in words, and what an act changed. */
import type { components } from '@/contracts/openapi'
import { objectOf, textOf, type JsonObject } from './answers-read'
import { formatQuantity } from './durations'
import { commandStatusWords, connectionStatusWords, isCommandStatus, isConnectionStatus, isTerminal, type Tone } from './statuses'

const actions: Readonly<Record<string, string>> = {
  'auth.login': 'Signed in',
  'auth.logout': 'Signed out',
  'auth.refresh': 'Session renewed',
  'auth.access': 'Access refused',
  'access.refusals_folded': 'More refusals, counted',
  'session.revoked': 'Session ended',
  'user.created': 'User created',
  'user.updated': 'User changed',
  'user.password_changed': 'Password changed',
  'vehicle.registered': 'Vehicle registered',
  'vehicle.updated': 'Vehicle changed',
  'vehicle.removed': 'Vehicle removed',
  'vehicle.presence_changed': 'Presence changed',
  'vehicle.secret_set': 'Vehicle secret stored',
  'vehicle.secret_removed': 'Vehicle secret removed',
  'command.submitted': 'Command sent',
  'command.in_progress': 'Command started',
  'command.completed': 'Command completed',
  'command.failed': 'Command failed',
  'command.cancelled': 'Command cancelled',
  'command.expired': 'Command expired',
  'command.outcome_unknown': 'Command outcome unknown',
  'command.redecoded': 'Answer decoded anew',
  'diagnostic_data.added': 'Diagnostic data added',
  'diagnostic_data.restored': 'Diagnostic data restored',
  'diagnostic_data.removed': 'Diagnostic data removed',
  'diagnostic_data.assigned': 'Diagnostic data assigned',
  'diagnostic_data.unassigned': 'Diagnostic data no longer assigned',
}

export const knownActions: readonly string[] = Object.keys(actions)

/** `Signed in`; an action of a newer server is read as it is spelled: `fleet.was_sold` is `Fleet was sold`. */
export function actionWords(action: string): string {
  return actions[action] ?? sentence(action)
}

function sentence(name: string): string {
  const words = name.replaceAll(/[._]/g, ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

const refusedActs: Readonly<Record<string, string>> = {
  'auth.login': 'Sign-in refused',
  'auth.refresh': 'Renewal of a session refused',
  'auth.access': 'Access refused',
  'command.submitted': 'Sending refused',
  'access.refusals_folded': 'More refusals, counted',
}

/** What was done, or was tried and refused. */
export function actWords({ action, outcome }: Pick<Entry, 'action' | 'outcome'>): string {
  if (outcome !== 'refused') return actionWords(action)
  return refusedActs[action] ?? `Refused: ${actionWords(action)}`
}

type Entry = components['schemas']['AuditEntryOut']

export interface AuditResult {
  readonly tone: Tone
  readonly label: string
}

/**
 * How it ended, for people: an act that was refused, else what became of the command or of the vehicle. That a failure
 * was recorded is no success.
 */
export function auditResult({ outcome, action, details }: Pick<Entry, 'outcome' | 'action' | 'details'>): AuditResult {
  if (outcome === 'refused') return { tone: 'warning', label: 'Refused' }
  const [kind, event = ''] = action.split('.')
  if (kind === 'command' && isCommandStatus(event) && isTerminal(event)) return commandStatusWords(event)
  if (action === 'vehicle.presence_changed' && isConnectionStatus(details.after)) return connectionStatusWords(details.after)
  return { tone: 'neutral', label: 'Done' }
}

/** The point of an entry in one line; null where the action says it all. `names`: of vehicles, by their id. */
export function auditSummary(details: JsonObject, names: ReadonlyMap<string, string>): string | null {
  const changed = changesOf(details).filter(({ isChanged }) => isChanged).map(({ field, before, after }) => `${field} ${before} → ${after}`)
  const vehicle = names.get(textOf(details.vehicle_id) ?? '')
  const facts = [
    vehicle === undefined ? null : `on ${vehicle}`,
    changed.length > FEW ? `${changed.slice(0, FEW).join(', ')} and ${String(changed.length - FEW)} more` : changed.join(', '),
    typeof details.before === 'string' && typeof details.after === 'string' ? `${details.before} → ${details.after}` : null,
    textOf(objectOf(details.error)?.message) ?? textOf(details.reason) ?? textOf(details.cause),
  ].filter((fact) => fact !== null && fact !== '')
  return facts.length === 0 ? null : facts.join(' · ')
}

const FEW = 2

export interface Change {
  readonly field: string
  readonly before: string
  readonly after: string
  readonly isChanged: boolean
}

/** What was before and after, field by field; none where the entry holds neither. */
export function changesOf(details: JsonObject): Change[] {
  const before = objectOf(details.before)
  const after = objectOf(details.after)
  if (before === null && after === null) return []
  const fields = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])]
  return fields.map((field) => {
    const [old, next] = [shown(before, field), shown(after, field)]
    return { field, before: old, after: next, isChanged: old !== next }
  })
}

function shown(side: JsonObject | null, field: string): string {
  return side === null || !(field in side) ? '–' : formatQuantity(side[field])
}

/** Everything else that the entry holds. */
export function otherDetails(details: JsonObject): { readonly name: string; readonly text: string; readonly isLong: boolean }[] {
  return Object.entries(details)
    .filter(([name]) => (name !== 'before' && name !== 'after') || objectOf(details[name]) === null)
    .map(([name, value]) => {
      const isLong = typeof value === 'object' && value !== null
      return { name: sentence(name), text: isLong ? JSON.stringify(value, null, 2) : formatQuantity(value), isLong }
    })
}
