/** What to do next after a command that did not work: one act each. The vehicle's and the server's own advice comes first. */
import type { components } from '@/contracts/openapi'
import { objectsOf, textOf, textsOf, type JsonObject } from './answers-read'

type Command = components['schemas']['CommandOut']

/** For errors that bring no advice of their own, by code (docs/reference/errors.md). */
const byCode: Readonly<Record<string, readonly string[]>> = {
  vehicle_unreachable: ['Check that the vehicle has power and network.', 'Send it again when the vehicle is connected.'],
  vehicle_network_denied: ['Ask an administrator to mend the address of the vehicle, or to open this network for it.'],
  vehicle_refused: ['Mend what is said above, in the parameters or in the vehicle, then send it again.'],
  vehicle_not_safe: ['Bring the vehicle into the state that is named above.', 'Then send it again.'],
  command_not_supported: ['Choose another command, or another kind of vehicle for this one.'],
  vehicle_timeout: ['Check that ignition is on and the control unit is awake.', 'If it is only slow, send it again with a longer time limit.'],
  vehicle_connection_lost: ['Check the connection to the vehicle.', 'Then send it again.'],
  vehicle_protocol_error: ['Open “Raw answer” below to see the bytes.', 'If it happens again, report it with the number of the command.'],
  answer_too_long: ['Ask for less: a shorter duration, a longer interval, or fewer values.', 'What had arrived before is kept and shown.'],
  seal_broken: ['Ask an administrator to set the secret of this vehicle again.'],
  security_provider_failed: ['Ask an administrator to look into the server’s log: the plug-in that computes the key failed.'],
  diagnostic_data_failed: ['Ask an administrator to look at the diagnostic data of this vehicle, then send it again.'],
  worker_lost: ['Send it again: the program that ran it ended, the vehicle is not to blame.'],
  worker_stopped: ['Send it again: the service was stopped while it ran.'],
  internal_error: ['Report it to an administrator with the number for the logs below.'],
  permission_withdrawn: ['Ask an administrator: the account that sent it may no longer do so.'],
}

export function nextSteps(command: Command, details: JsonObject): readonly string[] {
  const { status, error } = command
  if (status === 'outcome_unknown') {
    const check = command.command_name === 'ClearDTC' ? 'Read the trouble codes to see whether they are gone.' : 'Read from the vehicle what the command would have changed.'
    return [check, 'Send it again only if it did not act.']
  }
  if (status === 'expired') return ['Send it again when the vehicle is connected, or give it a longer expiry.']
  if (status !== 'failed' || error === null) return []
  const own = textOf(details.advice)
  if (own !== null) return [own, ...(details.retry_can_help === true ? ['Then send it again.'] : [])]
  return special(error, details) ?? byCode[error.code] ?? ['Remove the cause, then send it again.']
}

/** Where details or words of the error say more than its code. */
function special({ code, message }: NonNullable<Command['error']>, details: JsonObject): readonly string[] | null {
  switch (code) {
    case 'command_not_supported': {
      const { advice } = splitMessage(message)
      return advice.length === 0 ? null : advice
    }
    case 'vehicle_refused':
      return textsOf(details.known).length === 0 ? null : ['Send it again with one of the names that the vehicle has.']
    case 'vehicle_not_safe':
      return objectsOf(details.blocked_by).length > 0 ? null : ['Ask an administrator to set what a safe state of this vehicle is: “safe_state” in its settings.']
    default:
      return null
  }
}

const imperative = /(?:[.;:]) (?=(?:leave|send|use|give|clear|choose) )/i

/** `The vehicle has no snapshot; leave it out.` tells what happened, and after that what to do. */
export function splitMessage(message: string): { readonly happened: string; readonly advice: readonly string[] } {
  const [first = '', ...acts] = message.split(new RegExp(imperative, 'gi'))
  if (acts.length === 0) return { happened: message, advice: [] }
  const split = acts.map((act) => {
    const end = act.indexOf('. ')
    return end < 0 ? { act, after: '' } : { act: act.slice(0, end), after: act.slice(end + 1) }
  })
  return {
    happened: [`${first}.`, ...split.map(({ after }) => after.trim())].filter((text) => text !== '').join(' '),
    advice: split.map(({ act }) => `${act.slice(0, 1).toUpperCase()}${act.slice(1).replace(/\.$/, '')}.`),
  }
}
