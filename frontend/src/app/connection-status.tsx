import { Button } from '@mantine/core'
import { IconBolt, IconPlugConnectedX, IconRefresh, type Icon } from '@tabler/icons-react'
import type { Tone } from '@/domain/statuses'
import type { ConnectionState } from '@/live/connection-machine'
import { useConnectionState } from '@/live/hooks'
import { useLive } from '@/live/live-context'
import { useNow } from '@/ui/ticking'
import { ToneBadge } from '@/ui/status-badge'
import classes from './shell.module.css'

interface Look {
  readonly tone: Tone
  readonly icon: Icon
  readonly label: string
  readonly hint: string
}

export function connectionLook(state: ConnectionState, now: number): Look {
  switch (state.phase) {
    case 'live':
      return { tone: 'good', icon: IconBolt, label: 'Live', hint: 'Changes show here the moment they happen.' }
    case 'catching_up':
      return { tone: 'busy', icon: IconRefresh, label: 'Catching up', hint: 'Connected. What was missed is being fetched.' }
    case 'resting':
    case 'opening':
      return { tone: 'busy', icon: IconRefresh, label: 'Connecting', hint: 'The live connection is being opened.' }
    case 'waiting': {
      const seconds = Math.max(1, Math.ceil((state.retryAt - now) / 1000))
      return {
        tone: 'warning',
        icon: IconPlugConnectedX,
        label: `Reconnecting in ${String(seconds)} s`,
        hint: 'The server does not answer. What you see may be out of date; nothing is lost.',
      }
    }
    case 'offline':
      return { tone: 'bad', icon: IconPlugConnectedX, label: 'Offline', hint: 'This computer has no network. The page goes on when it is back.' }
    case 'barred':
      return { tone: 'warning', icon: IconPlugConnectedX, label: 'Signed out', hint: 'Sign in again to see changes live.' }
  }
}

/** How honest the page is at this moment: always in the header. */
export function ConnectionStatus() {
  const state = useConnectionState()
  const { connection } = useLive()
  const { tone, icon, label, hint } = connectionLook(state, useNow())
  return (
    <span className={classes.connection}>
      <span role="status" aria-label={`Live connection: ${state.phase === 'waiting' ? 'reconnecting' : label}`}>
        <ToneBadge tone={tone} icon={icon} hint={hint}>{label}</ToneBadge>
      </span>
      {state.phase === 'waiting' && (
        <Button variant="subtle" size="compact-xs" onClick={() => connection.tell('try_now')}>Now</Button>
      )}
    </span>
  )
}
