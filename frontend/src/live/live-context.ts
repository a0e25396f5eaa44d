import type { QueryClient } from '@tanstack/react-query'
import { createContext, use } from 'react'
import type { SessionStore } from '@/session/session-store'
import { CommandStreams } from './command-streams'
import { LiveConnection, type LiveSurroundings, type Socket, type SocketEvents } from './live-connection'
import { patchCommand } from './query-patches'

/** The live side of the page: one connection, and the streams that it feeds. */
export interface Live {
  readonly connection: LiveConnection
  readonly streams: CommandStreams
}

export const LiveContext = createContext<Live | null>(null)

export function useLive(): Live {
  const live = use(LiveContext)
  if (live === null) throw new Error('LiveContext is missing above this component')
  return live
}

export function createLive(around: LiveSurroundings, queries: QueryClient): Live {
  const connection = new LiveConnection(around)
  const streams = new CommandStreams({
    connection,
    now: () => around.now(),
    after: (milliseconds, action) => around.after(milliseconds, action),
    onStatus: ({ commandId, status }) => {
      if (status !== null) patchCommand(queries, commandId, status)
    },
  })
  return { connection, streams }
}

/** The live side in a real browser: the socket goes to the page's own origin, the browser tells of the network. */
export function createBrowserLive(session: SessionStore, queries: QueryClient): Live {
  const live = createLive(
    {
      session,
      openSocket: openWebSocket,
      now: () => Date.now(),
      chance: () => Math.random(),
      after(milliseconds, action) {
        const timer = setTimeout(action, milliseconds)
        return () => clearTimeout(timer)
      },
    },
    queries,
  )
  window.addEventListener('offline', () => live.connection.tell('browser_offline'))
  window.addEventListener('online', () => live.connection.tell('browser_online'))
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) live.connection.tell('try_now')
  })
  return live
}

function openWebSocket(token: string, events: SocketEvents): Socket {
  const address = `${location.origin.replace(/^http/, 'ws')}/ws/events`
  const socket = new WebSocket(address, ['sovd.v1', `bearer.${token}`])
  socket.addEventListener('open', () => events.onOpen())
  socket.addEventListener('message', (event) => events.onMessage(event.data))
  socket.addEventListener('close', (event) => events.onClose(event.code))
  return socket
}
