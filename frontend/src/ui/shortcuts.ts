import { useEffect } from 'react'

export interface Shortcut {
  /** As `?` shows it: `Ctrl+K`, `G then F`. */
  readonly keys: string
  readonly does: string
}

let known: readonly Shortcut[] = []
const watchers = new Set<() => void>()

export function knownShortcuts(): readonly Shortcut[] {
  return known
}

export function watchShortcuts(watcher: () => void): () => void {
  watchers.add(watcher)
  return () => watchers.delete(watcher)
}

function tell(next: readonly Shortcut[]): void {
  known = next
  for (const watcher of watchers) watcher()
}

/** Lists a page's shortcuts in the help that `?` opens, as long as the page is shown. Give a constant array. */
export function useShortcutHelp(shortcuts: readonly Shortcut[]): void {
  useEffect(() => {
    tell([...known, ...shortcuts])
    return () => tell(known.filter((shortcut) => !shortcuts.includes(shortcut)))
  }, [shortcuts])
}
