import { lazy, Suspense, useEffect, useState } from 'react'
import { onOpenPalette } from '@/ui/palette'

const CommandPalette = lazy(() => import('@/pages/command-palette/command-palette'))

/** Loads the palette when it is first opened. */
export function PaletteHost() {
  const [opened, setOpened] = useState(false)
  useEffect(() => onOpenPalette(() => setOpened(true)), [])
  if (!opened) return null
  return <Suspense fallback={null}><CommandPalette onClose={() => setOpened(false)} /></Suspense>
}
