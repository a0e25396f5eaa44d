import { Text } from '@mantine/core'
import { IconAlertTriangle, IconClockPause, IconShieldCheck, IconShieldX } from '@tabler/icons-react'
import type { Vehicle } from '@/api/queries/vehicles'
import { formatCount, formatDuration } from '@/domain/durations'
import { formatClock } from '@/domain/moments'
import { riskWords, safeStatePlan, type RiskClass } from '@/domain/risk'
import { useZone } from '@/session/preferences'
import { useNow } from '@/ui/ticking'
import { Notice } from './notice'
import classes from './send-command.module.css'

interface AwayNoticeProps {
  readonly vehicles: readonly Vehicle[]
  readonly expiresInS: number
}

/** What happens to a command for a vehicle that does not answer now. */
export function AwayNotice({ vehicles, expiresInS }: AwayNoticeProps) {
  const zone = useZone()
  const now = useNow()
  const away = vehicles.filter(({ connection_status: status }) => status !== 'connected')
  const [first] = away
  if (first === undefined) return null
  const until = formatClock(new Date(now + expiresInS * 1000).toISOString(), zone)
  const who = vehicles.length === 1 ? 'The vehicle does not answer now' : `${String(away.length)} of ${formatCount(vehicles.length, 'vehicle')} ${away.length === 1 ? 'does' : 'do'} not answer now`
  const cause = vehicles.length === 1 && first.status_cause !== null ? `: ${first.status_cause.replace(/\.$/, '')}` : ''
  return (
    <Notice tone="warning" icon={IconClockPause} title={`${who}${cause}.`}>
      The command waits. It starts by itself when the vehicle is back, at the latest at {until} ({formatDuration(expiresInS * 1000)} from now).
      After that it expires, and nothing is sent to the vehicle.
    </Notice>
  )
}

interface RiskNoticeProps {
  readonly risk: RiskClass
  readonly vehicles: readonly Vehicle[]
}

/** For what moves things: what it means, and what is read from the vehicle just before it is sent. */
export function RiskNotice({ risk, vehicles }: RiskNoticeProps) {
  const plans = vehicles.map(({ settings }) => safeStatePlan(settings))
  const missing = plans.filter(({ kind }) => kind === 'missing').length
  const unchecked = plans.filter(({ kind }) => kind === 'not_needed').length
  const conditions = [...new Set(plans.flatMap((plan) => plan.conditions))]
  const isOne = vehicles.length === 1
  return (
    <>
      <Notice tone="bad" icon={IconAlertTriangle} title={`${riskWords(risk).label} (risk ${risk})`}>
        {riskWords(risk).meaning} Make sure that nobody is in, under or close to {isOne ? 'the vehicle' : 'the vehicles'}.
      </Notice>
      {conditions.length > 0 && (
        <Notice tone="busy" icon={IconShieldCheck} title="A safe state is read just before sending">
          The command is sent only if {isOne ? 'the vehicle answers' : 'each vehicle answers'}:
          <ul className={classes.plan}>{conditions.map((condition) => <li key={condition}>{condition}</li>)}</ul>
          What cannot be read counts as not safe: then the command fails, and nothing is changed.
        </Notice>
      )}
      {missing > 0 && (
        <Notice tone="bad" icon={IconShieldX} title={isOne ? 'This vehicle will refuse the command' : `${formatCount(missing, 'vehicle')} will refuse the command`}>
          No safe state is set for {isOne ? 'it' : 'them'}, so nobody can tell whether {isOne ? 'it stands' : 'they stand'} still. An administrator can set
          {' '}<code>safe_state</code> in the settings of the vehicle.
        </Notice>
      )}
      {unchecked > 0 && (
        <Text size="sm" c="dimmed">
          {isOne ? 'Nothing is read before sending: ' : `For ${formatCount(unchecked, 'vehicle')} nothing is read before sending: `}
          the settings say that a safe state is not needed, as for a bench.
        </Text>
      )}
    </>
  )
}
