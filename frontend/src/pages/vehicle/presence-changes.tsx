import { Button } from '@mantine/core'
import { useState } from 'react'
import { formatDuration } from '@/domain/durations'
import type { PresenceHistory, PresencePeriod } from '@/domain/presence-history'
import { connectionStatusWords } from '@/domain/statuses'
import { Moment } from '@/ui/moments'
import { ToneBadge } from '@/ui/status-badge'
import classes from './presence-strip.module.css'

const FEW = 4
const MORE = 20

/** The changes of the span, newest first: when, what, for how long and why. */
export function PresenceChanges({ history, now }: { readonly history: PresenceHistory; readonly now: number }) {
  const [most, setMost] = useState(FEW)
  const { items, total } = history
  const begin = new Date(history.since).getTime()
  const changes = items.filter(({ since }) => new Date(since).getTime() >= begin || since === history.recorded_since)
  if (changes.length === 0) return <Unchanged history={history} />
  const hidden = changes.length - most
  return (
    <>
      <ol className={classes.changes} aria-label="Changes of presence">
        {changes.slice(0, most).map((period) => <Change key={period.since} period={period} now={now} isFirst={period.since === history.recorded_since} />)}
      </ol>
      {total > items.length && hidden <= 0 && <p className={classes.cause}>{total - items.length} older ones are not listed; <code>sovd vehicle presence --all</code> lists them.</p>}
      {hidden > 0 && (
        <Button variant="subtle" size="compact-sm" onClick={() => setMost(most + MORE)}>Show {Math.min(MORE, hidden)} more of {changes.length}</Button>
      )}
    </>
  )
}

/** Nothing changed in the span: since when it is as it is. */
function Unchanged({ history }: { readonly history: PresenceHistory }) {
  const since = history.items[0]?.since
  return <p className={classes.cause}>No change in this time{since !== undefined && <>; it is so since <Moment at={since} /></>}.</p>
}

interface ChangeProps {
  readonly period: PresencePeriod
  readonly now: number
  /** The record begins with it: it is no change. */
  readonly isFirst: boolean
}

function Change({ period: { connection_status: status, status_cause: cause, since, until }, now, isFirst }: ChangeProps) {
  const { label, tone } = connectionStatusWords(status)
  const lasted = formatDuration(Math.max(0, (until === null ? now : new Date(until).getTime()) - new Date(since).getTime()))
  return (
    <li>
      <div className={classes.change}>
        <ToneBadge tone={tone}>{label}</ToneBadge>
        <Moment at={since} />
        <span className={classes.lasted}>{until === null ? `for ${lasted} now` : lasted}</span>
      </div>
      {isFirst && <p className={classes.cause}>{until === null ? 'No change recorded yet since the record begins here.' : 'The record begins here.'}</p>}
      {cause !== null && <p className={classes.cause}>{cause}</p>}
    </li>
  )
}
