using System.Text;
using Athanor.Data.Compression;
using Athanor.Data.Readers;

namespace Athanor.Data.Tests.Compression;

public sealed class Bzip2Tests
{
    /// <summary>By bzip2 1.0.8.</summary>
    private const string Small = "QlpoOTFBWSZTWTKra/MAAAV5gAAQAADAABAAMmTAECAAMQDQAV+qMEZqM9j4xE+NisWhL4u5IpwoSBlVtfmA", Text = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa hello hello hello bzip2\n";

    [Fact]
    public void Streams_of_the_reference_program_are_unpacked_one_behind_the_other()
    {
        byte[] packed = Convert.FromBase64String(Small);
        Assert.Equal(Text, Unpack(packed));
        Assert.Equal(Text + Text + Text, Unpack([.. packed, .. packed, .. packed]));
    }

    [Fact]
    public void Cuts_and_changed_bits_are_errors()
    {
        byte[] packed = Convert.FromBase64String(Small);
        for (int cut = 1; cut < packed.Length; cut++)
            Assert.Equal(ReadProblemKind.Truncated, Assert.Throws<ReadStopException>(() => Unpack(packed[..^cut])).Kind);
        for (int bit = 0; bit < 8 * packed.Length; bit++)
        {
            byte[] changed = [.. packed];
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                Assert.Equal(Text, Unpack(changed));
            }
            catch (ReadStopException e)
            {
                Assert.True(e.Kind is ReadProblemKind.Damaged or ReadProblemKind.Truncated);
            }
        }
    }

    private static string Unpack(byte[] packed)
    {
        using var stream = new Bzip2Stream(new MemoryStream(packed));
        var content = new MemoryStream();
        stream.CopyTo(content, 7);
        return Encoding.ASCII.GetString(content.ToArray());
    }
}
