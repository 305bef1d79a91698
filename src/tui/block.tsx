import { Box, Text } from 'ink'
import { memo } from 'react'

/**
 * Rows at a place on the screen. One text of several rows is much cheaper for Ink than a tree of boxes, and the rows
 * have their exact width already.
 */
export const Block = memo(function Block({ x, y, text }: { x: number; y: number; text: string }) {
  return (
    <Box position="absolute" left={x} top={y} flexShrink={0}>
      <Text wrap="truncate">{text}</Text>
    </Box>
  )
})
