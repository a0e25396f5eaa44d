/** The audit trail's actions in words, and what an act changed. */
import { objectOf, type JsonObject } from './answers-read'
import { formatQuantity } from './durations'

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
}

export const knownActions: readonly string[] = Object.keys(actions)

/** `Signed in`; an action that this version does not know is shown by its own name. */
export function actionWords(action: string): string {
  return actions[action] ?? action
}

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
      return { name, text: isLong ? JSON.stringify(value, null, 2) : formatQuantity(value), isLong }
    })
}
