import { defineConfig } from '@playwright/test'
import usual from './playwright.config.ts'

export default defineConfig(usual, { testMatch: '*.shots.ts', outputDir: 'test-results/pictures', workers: 2, fullyParallel: true })
