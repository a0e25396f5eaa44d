import { useMemo, useState } from 'react'

export interface Selection {
  readonly ids: ReadonlySet<string>
  /** The row that the keys act on. */
  readonly activeId: string | null
  readonly activate: (id: string) => void
  readonly toggle: (id: string) => void
  /** Selects everything between the active row and this one. */
  readonly extendTo: (ids: readonly string[], id: string) => void
  readonly selectAll: (ids: readonly string[]) => void
  readonly clear: () => void
}

interface State {
  readonly ids: ReadonlySet<string>
  readonly activeId: string | null
}

const empty: State = { ids: new Set(), activeId: null }

function between(ids: readonly string[], from: string | null, to: string): readonly string[] {
  const end = ids.indexOf(to)
  const start = from === null ? end : ids.indexOf(from)
  return start < 0 ? [to] : ids.slice(Math.min(start, end), Math.max(start, end) + 1)
}

/** Which vehicles are ticked, by id: sorting and searching keep them. */
export function useSelection(): Selection {
  const [{ ids, activeId }, set] = useState(empty)
  const acts = useMemo(() => ({
    activate: (id: string) => set((state) => ({ ...state, activeId: id })),
    toggle: (id: string) => set((state) => {
      const next = new Set(state.ids)
      if (!next.delete(id)) next.add(id)
      return { ids: next, activeId: id }
    }),
    extendTo: (all: readonly string[], id: string) =>
      set((state) => ({ ids: new Set([...state.ids, ...between(all, state.activeId, id)]), activeId: id })),
    selectAll: (all: readonly string[]) => set((state) => ({ ...state, ids: new Set(all) })),
    clear: () => set((state) => ({ ...state, ids: empty.ids })),
  }), [])
  return useMemo(() => ({ ids, activeId, ...acts }), [ids, activeId, acts])
}
