/** How a command stands, in words: what happened, whether the vehicle may have changed, and what to do next. */
import type { components } from '@/contracts/openapi'
import { objectsOf, textOf, type JsonObject } from './answers-read'
import { commandStatusWords, type CommandStatus, type Tone } from './statuses'

type Command = components['schemas']['CommandOut']

export interface Outcome {
  readonly tone: Tone
  readonly title: string
  /** What happened. */
  readonly happened: string
  /** Whether the vehicle may be different now; null where nothing is to be said. */
  readonly vehicle: string | null
  /** What to do next, one act each. */
  readonly next: readonly string[]
  /** The negative response or other evidence, as name and value. */
  readonly facts: readonly { readonly name: string; readonly value: string }[]
}

/** `liveMessage`: what the stream said last, before the command was read anew. */
export function outcomeOf(command: Command, liveMessage: string | null = null): Outcome {
  const { label, tone, meaning } = commandStatusWords(command.status)
  const details: JsonObject = command.error?.details ?? {}
  return {
    tone,
    title: label,
    happened: shortened(command.error?.message, details) ?? liveMessage ?? whileOpen(command) ?? command.status_reason ?? meaning,
    vehicle: vehicleWords(command.status, details),
    next: nextSteps(command, details),
    facts: factsOf(details),
  }
}

/** The message without what stands below it in a line of its own. */
function shortened(message: string | undefined, details: JsonObject): string | null {
  if (message === undefined) return null
  const lines = [textOf(details.explanation), textOf(details.advice)].filter((line) => line !== null)
  const rest = lines.reduce((text, line) => text.replace(line, ''), message).replaceAll(/ {2,}/g, ' ').trim()
  return rest === '' ? message : rest
}

function whileOpen({ status, queue_position: position, cancel_requested_at: cancelled }: Command): string | null {
  if (cancelled !== null && status === 'in_progress') return 'Cancelling: the vehicle is being told to stop. How it ends stands here.'
  if (status === 'in_progress') return 'The vehicle is working on it. Its answer appears below as it comes.'
  if (status !== 'pending') return null
  if (position === null) return 'Accepted and stored. It starts as soon as the vehicle can be reached.'
  if (position === 1) return 'It is next: it starts as soon as the vehicle is free and can be reached.'
  return `It waits for ${String(position - 1)} other ${position === 2 ? 'command' : 'commands'} of this vehicle.`
}

function vehicleWords(status: CommandStatus, details: JsonObject): string | null {
  if (status === 'outcome_unknown' || details.may_have_acted === true) return 'The vehicle may have carried it out. Nobody repeats it for you.'
  if (status === 'expired' || details.may_have_acted === false) return 'The vehicle did not act: nothing was changed by this command.'
  return null
}

const advice: Readonly<Record<string, readonly string[]>> = {
  vehicle_unreachable: ['Check that the vehicle has power and network.', 'Send it again when the vehicle is connected.'],
  vehicle_not_safe: ['Bring the vehicle into the state that is named above.', 'Then send it again.'],
  command_not_supported: ['Choose another command: this kind of vehicle does not have this one.'],
  vehicle_timeout: ['Check that ignition is on and the control unit is awake.', 'If it is only slow, send it again with a longer deadline.'],
  vehicle_connection_lost: ['Check the connection to the vehicle.', 'Then send it again.'],
  vehicle_protocol_error: ['Open “Raw answer” below to see the bytes.', 'If it happens again, report it with the number of the command.'],
  worker_lost: ['Send it again: the program that ran it ended, the vehicle is not to blame.'],
  worker_stopped: ['Send it again: the service was stopped while it ran.'],
  internal_error: ['Report it to an administrator with the number for the logs below.'],
  permission_withdrawn: ['Ask an administrator: the account that sent it may no longer do so.'],
}

function nextSteps(command: Command, details: JsonObject): string[] {
  const { status, error } = command
  if (status === 'outcome_unknown') {
    const check = command.command_name === 'ClearDTC' ? 'Read the trouble codes to see whether they are gone.' : 'Read from the vehicle what the command would have changed.'
    return [check, 'Send it again only if it did not act.']
  }
  if (status === 'expired') return ['Send it again when the vehicle is connected, or give it a longer expiry.']
  if (status !== 'failed' || error === null) return []
  const own = [textOf(details.advice)].filter((step) => step !== null)
  if (own.length > 0) return [...own, ...(details.retry_can_help === true ? ['Then send it again.'] : [])]
  return [...(advice[error.code] ?? ['Remove the cause, then send it again.'])]
}

function factsOf(details: JsonObject): { name: string; value: string }[] {
  const nrc = textOf(details.nrc)
  const facts = [
    { name: 'Negative response', value: nrc === null ? null : `${textOf(details.nrcName) ?? ''} (NRC ${nrc})`.trim() },
    { name: 'It means', value: textOf(details.explanation) },
    { name: 'Control unit', value: textOf(details.ecuAddress) ?? textOf(details.component) },
    { name: 'Bytes', value: textOf(details.raw) },
    ...objectsOf(details.blocked_by).map((item) => ({
      name: textOf(item.reading) ?? 'Reading',
      value: `found ${textOf(item.found) ?? 'nothing'}, wanted ${textOf(item.wanted) ?? 'another value'}`,
    })),
  ]
  return facts.filter((fact): fact is { name: string; value: string } => fact.value !== null)
}

/** What a request to cancel led to, once the command has ended or been read again; null while it is open. */
export function cancelResult(command: Command): { readonly tone: Tone; readonly words: string } | null {
  if (command.cancel_requested_at === null) return null
  switch (command.status) {
    case 'pending':
    case 'in_progress':
      return null
    case 'cancelled':
      return { tone: 'neutral', words: command.started_at === null ? 'Cancelled before it started: the vehicle was not told anything.' : 'Cancelled while it ran: the vehicle was stopped for certain.' }
    case 'outcome_unknown':
      return { tone: 'warning', words: 'Cancelled too late to know whether the vehicle acted. Check the vehicle.' }
    case 'completed':
      return { tone: 'warning', words: 'The cancel came too late: the vehicle had already done it.' }
    case 'failed':
    case 'expired':
      return { tone: 'neutral', words: 'The cancel came too late: it had already ended.' }
  }
}
