import { memo, useMemo } from 'react'
import type { Command } from '@/api/queries/commands'
import type { Answer } from '@/domain/answers'
import { resultOf } from '@/domain/answers-result'
import { isTerminal } from '@/domain/statuses'
import layout from '@/ui/layout.module.css'
import type { ShownAnswer } from './answer-store'
import classes from './command.module.css'
import { EcuTable } from './ecu-table'
import { Json, OtherParts } from './other-parts'
import { SamplesPanel } from './samples-panel'
import { SilentEcus } from './silent-ecus'
import { TroubleCodes } from './trouble-codes'
import { ValueTable } from './value-table'

interface AnswerViewProps {
  readonly command: Command
  readonly shown: ShownAnswer
}

const Codes = memo(TroubleCodes)
const Values = memo(ValueTable)
const Units = memo(EcuTable)
const Silent = memo(SilentEcus)
const Others = memo(OtherParts)

/** The answer in the forms that it has; whatever has no known form is shown as JSON. */
export function AnswerView({ command, shown }: AnswerViewProps) {
  const { answer, log } = shown
  const isOpen = !isTerminal(command.status)
  return (
    <>
      {(answer.troubleCodes.length > 0 || isReadDtc(command, answer)) && <Codes codes={answer.troubleCodes} isOpen={isOpen} />}
      {answer.samples > 0 && <SamplesPanel log={log} count={answer.samples} isOpen={isOpen} />}
      {answer.values.length > 0 && <Values title="Values" values={answer.values} />}
      {answer.identification.length > 0 && <Values title="Identification" values={answer.identification} />}
      {answer.ecus.length > 0 && <Units ecus={answer.ecus} isOpen={isOpen} />}
      {answer.silentEcus.length > 0 && <Silent ecus={answer.silentEcus} />}
      {answer.others.length > 0 && <Others chunks={answer.others} />}
      <Done answer={answer} />
      {answer.taken === 0 && <Nothing command={command} />}
    </>
  )
}

function isReadDtc(command: Command, answer: Answer): boolean {
  return command.command_name === 'ReadDTC' && (answer.taken > 0 || command.status === 'completed')
}

/** What was done, where words and headings do not say it already. */
function Done({ answer }: { readonly answer: Answer }) {
  const result = useMemo(() => resultOf(answer), [answer])
  if (result === null) return null
  return (
    <section className={layout.card} aria-labelledby="result-title">
      <h2 id="result-title" className={classes.title}>Result</h2>
      {result.facts.length > 0 && (
        <dl className={classes.facts}>{result.facts.map(({ name, value }) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
      )}
      {result.rest !== null && <Json value={result.rest} label="Result as JSON" />}
    </section>
  )
}

function Nothing({ command }: { readonly command: Command }) {
  const words = isTerminal(command.status)
    ? 'The vehicle sent no part of an answer. The box above says why.'
    : command.status === 'pending'
      ? 'No answer yet: the command waits for its turn. Parts appear here as they come.'
      : 'No answer yet. Parts appear here as they come.'
  return <p className={`${layout.card ?? ''} ${classes.nothing ?? ''}`}>{words}</p>
}
