/** What a key does in the table of vehicles: pure. */
export type GridMove =
  | { readonly kind: 'go'; readonly index: number; readonly isExtending: boolean }
  | { readonly kind: 'open' | 'toggle' | 'all' | 'none' }

interface GridKey {
  readonly key: string
  readonly isShift: boolean
  readonly isControl: boolean
  readonly activeIndex: number
  readonly count: number
  /** Rows on one screen. */
  readonly page: number
}

/** null for keys that are not the table's. */
export function gridMove({ key, isShift, isControl, activeIndex, count, page }: GridKey): GridMove | null {
  const last = count - 1
  const go = (index: number): GridMove => ({ kind: 'go', index: Math.max(0, Math.min(last, index)), isExtending: isShift })
  if (isControl) return key === 'a' ? { kind: 'all' } : null
  switch (key) {
    case 'ArrowDown':
      return go(activeIndex + 1)
    case 'ArrowUp':
      return go(activeIndex - 1)
    case 'PageDown':
      return go(activeIndex + page)
    case 'PageUp':
      return go(activeIndex - page)
    case 'Home':
      return go(0)
    case 'End':
      return go(last)
    case 'Enter':
      return { kind: 'open' }
    case ' ':
      return { kind: 'toggle' }
    case 'Escape':
      return { kind: 'none' }
    default:
      return null
  }
}
