import type { DtcRecord, TroubleCode } from '@/domain/answers-items'
import { dtcOwner, dtcStatusWords, dtcSystem, failureType, statusBits } from '@/domain/dtc'
import { formatQuantity } from '@/domain/durations'
import layout from '@/ui/layout.module.css'
import { ToneBadge } from '@/ui/status-badge'
import classes from './command.module.css'

/** One trouble code, explained for somebody who does not know the standard by heart. */
export function TroubleCodeCard({ dtc }: { readonly dtc: TroubleCode }) {
  const status = dtcStatusWords(dtc.status)
  const system = dtcSystem(dtc.code)
  const facts = [
    system && `${system.letter} = ${system.name}: ${system.meaning}`, dtcOwner(dtc.code), failureType(dtc.code),
  ].filter((fact) => fact !== null)
  return (
    <article className={`${classes.code ?? ''} ${classes[`edge-${status.tone}`] ?? ''}`} aria-label={`Trouble code ${dtc.code}`}>
      <div className={classes.head}>
        <h3 className={`${layout.mono ?? ''} ${classes.codeName ?? ''}`}>{dtc.code}</h3>
        <ToneBadge tone={status.tone} hint={status.meaning}>{status.label}</ToneBadge>
      </div>
      <p className={classes.codeText}>{dtc.description ?? 'No description for this code: no data set of this vehicle explains it.'}</p>
      <p className={classes.dim}>{status.meaning}</p>
      <p className={classes.dim}>Control unit {dtc.ecu}{facts.length > 0 && ` · ${facts.join(' · ')}`}</p>
      <StatusByte dtc={dtc} />
      {dtc.snapshots.map((record) => <RecordTable key={record.title} record={record} what="measured when the code was stored" />)}
      {dtc.extendedData.length > 0 && <details className={classes.more}>
        <summary>Extended data ({dtc.extendedData.length})</summary>
        {dtc.extendedData.map((record, index) => <RecordTable key={`${record.title} ${String(index)}`} record={record} what="counters" />)}
      </details>}
    </article>
  )
}

function StatusByte({ dtc }: { readonly dtc: TroubleCode }) {
  const bits = statusBits(dtc.statusByte, dtc.statusBits)
  if (bits.length === 0) return null
  return (
    <details className={classes.more}>
      <summary>Status byte {dtc.statusByte ?? ''} in words</summary>
      <ul className={classes.bits}>
        {bits.map(({ bit, name, isSet, words }) => (
          <li key={name} data-set={isSet || undefined}>
            <span className={layout.mono}>{bit}</span><span aria-label={isSet ? 'set' : 'not set'}>{isSet ? '●' : '○'}</span>
            <span>{words} <span className={classes.dim}>({name})</span></span>
          </li>
        ))}
      </ul>
    </details>
  )
}

function RecordTable({ record, what }: { readonly record: DtcRecord; readonly what: string }) {
  return (
    <div className={classes.record}>
      <div className={classes.dim}>{record.title}: {what}</div>
      <dl className={classes.facts}>
        {record.values.map(({ name, value, unit }) => <div key={name}><dt>{name}</dt><dd>{formatQuantity(value, unit)}</dd></div>)}
        {record.bytes !== null && <div><dt>Bytes</dt><dd className={layout.mono}>{record.bytes}</dd></div>}
      </dl>
    </div>
  )
}
