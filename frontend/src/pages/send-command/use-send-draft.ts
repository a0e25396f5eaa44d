import { useMemo, useState } from 'react'
import type { CommandDefinition } from '@/api/queries/commands'
import { parseDurationS } from '@/domain/command-drafts'
import { effectiveRisk } from '@/domain/risk'
import { checkParams, problemsByField, type FieldProblem } from '@/domain/schema-form-check'
import { initialValues, schemaForm, toParams, type FormValues, type JsonObject } from '@/domain/schema-form'
import type { Order } from './use-sending'

export interface Options {
  readonly expiry: string
  readonly timeout: string
  readonly reason: string
}

const DURATION_HELP = 'Write a number and s, min, h or d: 90 s, 15 min.'
const BOUNDS = { expiry: [1, 604_800], timeout: [0.1, 3600] } as const

function durationProblem(typed: string, [lowest, highest]: readonly [number, number]): string | undefined {
  if (typed.trim() === '') return undefined
  const seconds = parseDurationS(typed)
  if (seconds === null) return DURATION_HELP
  return seconds < lowest || seconds > highest ? `must be between ${String(lowest)} and ${String(highest)} seconds` : undefined
}

export interface DraftStart {
  /** Parameters to start from. */
  readonly start: JsonObject | null
  readonly startReason: string
  /** Of parameters that exclude each other, those that the kind of vehicle knows. */
  readonly preferred: readonly string[]
}

/** Everything typed for one command: values, options, and what is wrong with them. */
export function useSendDraft(definition: CommandDefinition, { start, startReason, preferred }: DraftStart) {
  const form = useMemo(() => schemaForm(definition.parameters), [definition])
  const [values, setValues] = useState<FormValues>(() => initialValues(form, start, preferred))
  const [options, setOptions] = useState<Options>({ expiry: '', timeout: '', reason: startReason })
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set())
  const [isAllShown, setAllShown] = useState(false)
  const [fromServer, setFromServer] = useState<readonly FieldProblem[]>([])

  const { params, unreadable } = toParams(form, values)
  const risk = effectiveRisk(definition, params)
  const needsReason = risk === 'R3' || risk === 'R4'
  const found = problemsByField(form, values, checkParams(form, params, definition.name).filter(({ pointer }) => !(pointer.slice(16) in unreadable)))
  const wrong: Record<string, string> = { ...found.fields, ...unreadable }
  const optionProblems = {
    expiry: durationProblem(options.expiry, BOUNDS.expiry),
    timeout: durationProblem(options.timeout, BOUNDS.timeout),
    reason: needsReason && options.reason.trim() === '' ? 'say why it is sent; the reason is kept in the audit trail' : undefined,
  }
  const server = problemsByField(form, values, fromServer)
  /** Nobody is told about a field while typing in it. */
  const noticed = (problems: Readonly<Record<string, string>>) => Object.fromEntries(Object.entries(problems).filter(([name]) => isAllShown || left.has(name)))

  const areParamsRight = Object.keys(wrong).length === 0 && found.others.length === 0

  const order: Order = {
    command_name: definition.name,
    command_params: params,
    ...(options.expiry.trim() === '' ? {} : { expires_in_s: parseDurationS(options.expiry) }),
    ...(options.timeout.trim() === '' ? {} : { timeout_s: parseDurationS(options.timeout) }),
    ...(options.reason.trim() === '' ? {} : { reason: options.reason.trim() }),
  }

  return {
    form, values, options, params, risk, needsReason, order,
    noticed,
    problems: { ...server.fields, ...noticed(wrong) },
    optionProblems: {
      expiry: optionProblems.expiry ?? pointed(fromServer, '/expires_in_s'),
      timeout: optionProblems.timeout ?? pointed(fromServer, '/timeout_s'),
      reason: (isAllShown ? optionProblems.reason : undefined) ?? pointed(fromServer, '/reason'),
    },
    otherProblems: [...found.others, ...server.others].filter(({ pointer }) => !shownElsewhere.has(pointer)),
    areParamsRight,
    isRight: areParamsRight && Object.values(optionProblems).every((problem) => problem === undefined),
    change(next: FormValues) {
      setValues(next)
      setFromServer([])
    },
    changeOptions(next: Partial<Options>) {
      setOptions((before) => ({ ...before, ...next }))
      setFromServer([])
    },
    leave: (name: string) => setLeft((before) => new Set([...before, name])),
    showAll: () => setAllShown(true),
    takeServerProblems: setFromServer,
    startEmpty() {
      setValues(initialValues(form, null, preferred))
      setLeft(new Set())
      setAllShown(false)
    },
  }
}

export type SendDraft = ReturnType<typeof useSendDraft>

const shownElsewhere = new Set(['/expires_in_s', '/timeout_s', '/reason'])

function pointed(problems: readonly FieldProblem[], pointer: string): string | undefined {
  return problems.find((problem) => problem.pointer === pointer)?.message
}
