using Athanor.Tensors.Kernels;

namespace Athanor.Tensors.Tests.Memory;

public sealed unsafe class PageStreamsTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(64)]
    [InlineData(3 * 4096 + 1600)]
    public void Every_line_is_fetched_once_between_one_and_nine_pages_before_it_is_read(long start)
    {
        const int pages = 40;
        long end = start + pages * PageStreams.Page;
        var fetched = new Dictionary<long, long>();
        for (long at = start; at < end; at += PageStreams.Step)
        {
            for (int stream = 0; stream < PageStreams.Streams; stream++)
            {
                long line = (long)(PageStreams.LineAt((void*)at) + stream * PageStreams.Apart);
                Assert.Equal(0, line % PageStreams.Line);
                Assert.InRange(line - at, PageStreams.Page, 9 * PageStreams.Page);
                Assert.True(fetched.TryAdd(line, at), $"{line} is fetched at {fetched.GetValueOrDefault(line)} and at {at}.");
            }
        }
        for (long line = (start + 9 * PageStreams.Page + 63) / 64 * 64; line < end; line += 64)
            Assert.Contains(line, fetched);
    }
}
