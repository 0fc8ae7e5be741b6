using System.Text;
using Athanor.Data.Execution;
using Athanor.Data.Tests.Testing;

namespace Athanor.Data.Tests.Execution;

public sealed class DocumentChunksTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Chunks_are_whole_lines_that_begin_in_their_piece_wherever_reading_began()
    {
        var random = new Random(3);
        var text = new StringBuilder();
        while (text.Length < 6 * DocumentChunks.PieceBytes)
            text.Append('x', random.Next(20) == 0 ? random.Next(3 * DocumentChunks.PieceBytes / 2) : random.Next(2000)).Append('\n');
        // A line whose end is the last byte of a piece.
        text.Append('y', DocumentChunks.PieceBytes - text.Length % DocumentChunks.PieceBytes - 1).Append("\nlast line without an end");
        string path = _folder.Write("a", text.ToString()), empty = _folder.Write("empty", "");
        DocumentChunk[] chunks = [.. DocumentChunks.Read([empty, path])];
        Assert.Equal(text.ToString(), string.Concat(chunks.Select(chunk => Encoding.ASCII.GetString(chunk.Bytes.Span))));
        Assert.All(chunks[..^1], chunk => Assert.Equal((byte)'\n', chunk.Bytes.Span[^1]));
        foreach (DocumentChunk chunk in chunks)
        {
            int last = chunk.Bytes.Span[..^1].LastIndexOf((byte)'\n') + 1;
            Assert.Equal(chunk.Offset / DocumentChunks.PieceBytes, (chunk.Offset + last) / DocumentChunks.PieceBytes);
        }
        for (int i = 0; i < chunks.Length; i++)
            Assert.Equal(chunks.Skip(i).Select(chunk => chunk.Offset), DocumentChunks.Read([empty, path], 1, chunks[i].Offset).Select(chunk => chunk.Offset));
        Assert.Equal(1 + text.ToString()[..(int)chunks[^1].Offset].Count(c => c == '\n'), DocumentChunks.LineAt(path, chunks[^1].Offset));
    }
}
