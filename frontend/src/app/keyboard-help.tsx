import { useDisclosure, useHotkeys } from '@mantine/hooks'
import { useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useEffect } from 'react'
import { useUser } from '@/session/session-context'
import { places } from '@/ui/places'
import { openPalette } from '@/ui/palette'

const KeyboardHelpDialog = lazy(() => import('./keyboard-help-dialog'))

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

/** The keys that work everywhere, and the help that `?` opens. */
export function KeyboardHelp() {
  const [opened, { open, close }] = useDisclosure(false)
  useHotkeys([['shift+?', open], ['?', open]])
  useHotkeys([['mod+K', openPalette]], [])
  usePlaceKeys()
  useEffect(() => {
    openers.add(open)
    return () => void openers.delete(open)
  }, [open])

  if (!opened) return null
  return <Suspense fallback={null}><KeyboardHelpDialog onClose={close} /></Suspense>
}
