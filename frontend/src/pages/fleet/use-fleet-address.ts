import { getRouteApi, useRouter } from '@tanstack/react-router'
import { useCallback, useEffect, useState } from 'react'
import { readSort, writeSort, type FleetFilter, type FleetSort } from '@/domain/presence'
import type { FleetSearch } from '@/domain/search-params'

const route = getRouteApi('/vehicles')
const WRITE_MS = 250

export interface FleetAddress {
  readonly filter: FleetFilter
  readonly sort: FleetSort
  readonly setSearch: (text: string) => void
  readonly setStatus: (status: FleetFilter['status']) => void
  readonly setMake: (make: string | null) => void
  readonly setSort: (sort: FleetSort) => void
  readonly clear: () => void
}

type Change = { readonly [K in keyof FleetSearch]: FleetSearch[K] | undefined }

function changed(before: FleetSearch, change: Change): FleetSearch {
  const merged = { ...before, ...change }
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined && value !== ''))
}

/** Search, filters and order as they stand in the address: a link or a reload shows the same rows. */
export function useFleetAddress(): FleetAddress {
  const address = route.useSearch()
  const navigate = route.useNavigate()
  const router = useRouter()
  const { search, setSearch } = useTypedSearch(address.search ?? '', (text) => {
    // On the way to another page already: writing now would call the user back.
    if (router.latestLocation.pathname === '/vehicles') write({ search: text })
  })
  const write = useCallback(
    (change: Change) => void navigate({ search: (before) => changed(before, change), replace: true, resetScroll: false }),
    [navigate],
  )
  return {
    filter: { search, status: address.status ?? null, make: address.make ?? null },
    sort: readSort(address.sort),
    setSearch,
    setStatus: (status) => write({ status: status ?? undefined }),
    setMake: (make) => write({ make: make ?? undefined }),
    setSort: (sort) => write({ sort: writeSort(sort) }),
    clear: () => {
      setSearch('')
      write({ search: undefined, status: undefined, make: undefined })
    },
  }
}

/** What is typed shows at once and goes into the address a moment later; "back" brings the old text back. */
function useTypedSearch(inAddress: string, write: (text: string) => void) {
  const [search, setSearch] = useState(inAddress)
  const [written, setWritten] = useState(inAddress)
  if (inAddress !== written && search === written) {
    setWritten(inAddress)
    setSearch(inAddress)
  }
  useEffect(() => {
    if (search === written) return
    const timer = setTimeout(() => {
      setWritten(search)
      write(search)
    }, WRITE_MS)
    return () => clearTimeout(timer)
  })
  return { search, setSearch }
}
