import { IconCloudOff, IconLock, IconRefresh, type Icon } from '@tabler/icons-react'
import type { Command } from '@/api/queries/commands'
import { isTerminal, type Tone } from '@/domain/statuses'
import type { ConnectionState } from '@/live/connection-machine'
import { useConnectionState } from '@/live/hooks'
import type { Refusal } from '@/live/live-connection'
import { ToneBadge } from '@/ui/status-badge'
import { useNow } from '@/ui/ticking'

interface Words {
  readonly tone: Tone
  readonly icon: Icon
  readonly text: string
  readonly hint: string
}

const asksAgain = 'Until then the page reads the answer again every 2.5 s. Nothing is lost.'

/** What the connection of this stream is like, said as it is. Live is what the head of the page says already: null. */
export function connectionWords(state: ConnectionState, now: number): Words | null {
  switch (state.phase) {
    case 'live':
      return null
    case 'catching_up':
      return { tone: 'busy', icon: IconRefresh, text: 'Catching up', hint: 'Connected. What came meanwhile is being read.' }
    case 'opening':
    case 'resting':
      return { tone: 'busy', icon: IconRefresh, text: 'Connecting', hint: asksAgain }
    case 'waiting': {
      const seconds = Math.max(0, Math.ceil((state.retryAt - now) / 1000))
      return { tone: 'warning', icon: IconCloudOff, text: `Reconnecting in ${String(seconds)} s`, hint: `The live connection broke. ${asksAgain}` }
    }
    case 'offline':
      return { tone: 'warning', icon: IconCloudOff, text: 'Offline', hint: 'This computer has no network. The page goes on as soon as it is back; the command goes on without it.' }
    case 'barred':
      return { tone: 'bad', icon: IconLock, text: 'Not connected', hint: 'The session has ended. Sign in to go on watching; the command goes on without this page.' }
  }
}

interface ConnectionNoteProps {
  readonly command: Command
  readonly refusal: Refusal | null
}

export function ConnectionNote({ command, refusal }: ConnectionNoteProps) {
  const state = useConnectionState()
  const now = useNow()
  // Nothing follows any more: a connection would have nothing to bring.
  if (isTerminal(command.status) && command.status !== 'outcome_unknown') return null
  if (refusal !== null) {
    return <ToneBadge tone="bad" icon={IconLock} hint={refusal.message}>Not live: the server refuses it</ToneBadge>
  }
  const words = connectionWords(state, now)
  return <span role="status">{words !== null && <ToneBadge tone={words.tone} icon={words.icon} hint={words.hint}>{words.text}</ToneBadge>}</span>
}
