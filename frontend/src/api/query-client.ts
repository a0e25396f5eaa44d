import { QueryClient } from '@tanstack/react-query'
import { mayRetry } from '@/domain/problems'

/** Reads are repeated only where that can help; writes never by themselves. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 15_000,
        gcTime: 10 * 60_000,
        retry: (failures, error) => failures < 4 && mayRetry(error),
        retryDelay: (attempt) => Math.min(500 * 2 ** attempt, 8000) * (0.75 + Math.random() / 2),
        // The browser's own guess of "offline" is wrong on a bench network without Internet.
        networkMode: 'always',
      },
      mutations: { retry: false, networkMode: 'always' },
    },
  })
}
