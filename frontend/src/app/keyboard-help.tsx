import { Kbd, Modal, Table } from '@mantine/core'
import { useDisclosure, useHotkeys } from '@mantine/hooks'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useSyncExternalStore } from 'react'
import { useUser } from '@/session/session-context'
import { places } from '@/ui/places'
import { openPalette } from '@/ui/palette'
import classes from './shell.module.css'
import { knownShortcuts, watchShortcuts } from '@/ui/shortcuts'

const openers = new Set<() => void>()

export function showKeyboardHelp(): void {
  for (const open of openers) open()
}

/** Time for the second key after `G`. */
const SECOND_KEY_MS = 1500

function usePlaceKeys() {
  const navigate = useNavigate()
  const { role } = useUser()
  useEffect(() => {
    let awaited = 0
    function onKey(event: KeyboardEvent) {
      const target = event.target as HTMLElement
      if (event.ctrlKey || event.metaKey || event.altKey || target.closest('input, textarea, select, [contenteditable]')) return
      if (event.key.toLowerCase() === 'g') {
        awaited = event.timeStamp + SECOND_KEY_MS
      } else if (event.timeStamp < awaited) {
        awaited = 0
        const place = places(role).find(({ key }) => key === event.key.toUpperCase())
        if (place !== undefined) void navigate({ to: place.to })
      }
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [navigate, role])
}

/** What `?` shows: the shortcuts of the whole page, then those of the page that is open (src/ui/shortcuts.ts). */
export function KeyboardHelp() {
  const [opened, { open, close }] = useDisclosure(false)
  const own = useSyncExternalStore(watchShortcuts, knownShortcuts)
  const { role } = useUser()
  useHotkeys([['shift+?', open], ['?', open]])
  useHotkeys([['mod+K', openPalette]], [])
  usePlaceKeys()
  useEffect(() => {
    openers.add(open)
    return () => void openers.delete(open)
  }, [open])

  const rows = [
    { keys: 'Ctrl+K', does: 'Find a page, a vehicle, a command' },
    ...places(role).map(({ key, label }) => ({ keys: `G then ${key}`, does: `Go to ${label}` })),
    { keys: '?', does: 'Show this help' },
    { keys: 'Esc', does: 'Close what is open' },
    ...own,
  ]
  return (
    <Modal opened={opened} onClose={close} title="Keyboard shortcuts">
      <Table>
        <Table.Thead><Table.Tr><Table.Th>Keys</Table.Th><Table.Th>What they do</Table.Th></Table.Tr></Table.Thead>
        <Table.Tbody>
          {rows.map(({ keys, does }) => (
            <Table.Tr key={keys + does}><Table.Td className={classes.keys}><Kbd>{keys}</Kbd></Table.Td><Table.Td>{does}</Table.Td></Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  )
}
