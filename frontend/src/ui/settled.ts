import { useIsFetching, type Query } from '@tanstack/react-query'
import { useEffect, useState } from 'react'

/** What is not there by then is waited for in its own place. */
const LONGEST_MS = 1500

/**
 * Whether everything that a page reads for the first time is there: drawn before, its parts would push each other
 * about. Once true it stays so, whatever is read anew. Parts that fail, or take long, hold up nothing.
 */
export function useSettled(): boolean {
  const reading = useIsFetching({ predicate: isFirstReading })
  // The parts begin to read as they are mounted, which is after the first drawing.
  const [hasBegun, setBegun] = useState(false)
  const [isSettled, setSettled] = useState(false)
  useEffect(() => {
    setBegun(true)
    const timer = setTimeout(() => setSettled(true), LONGEST_MS)
    return () => clearTimeout(timer)
  }, [])
  if (hasBegun && reading === 0 && !isSettled) setSettled(true)
  return isSettled
}

function isFirstReading({ state }: Query): boolean {
  return state.data === undefined && state.fetchFailureCount === 0
}
