import { useEffect, useState } from 'react'

/**
 * Gives the focus back to what had it before this component came: for dialogs that are only there while they are open.
 * Without it, the keyboard would start anew at the top of the page.
 */
export function useReturnFocus(): void {
  const [before] = useState(() => document.activeElement)
  useEffect(() => () => {
    if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true })
  }, [before])
}
