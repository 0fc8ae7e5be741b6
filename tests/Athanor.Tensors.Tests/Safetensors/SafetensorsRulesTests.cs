using System.Buffers.Binary;
using System.Text;
using Athanor.Tensors.Safetensors;

namespace Athanor.Tensors.Tests.Safetensors;

public sealed class SafetensorsRulesTests
{
    internal static byte[] File(string header, int dataLength) => File(Encoding.UTF8.GetBytes(header), dataLength);

    internal static byte[] File(ReadOnlySpan<byte> header, int dataLength)
    {
        var file = new byte[8 + header.Length + dataLength];
        BinaryPrimitives.WriteInt64LittleEndian(file, header.Length);
        header.CopyTo(file.AsSpan(8));
        for (int i = 0; i < dataLength; i++)
            file[8 + header.Length + i] = (byte)i;
        return file;
    }

    [Fact]
    public void The_example_of_the_format_s_own_documentation_is_read()
    {
        // From the reference library's doc comment of SafeTensors::deserialize; the header of 60 bytes is not padded to a multiple of 8.
        byte[] file = [(byte)'<', 0, 0, 0, 0, 0, 0, 0, .. "{\"test\":{\"dtype\":\"I32\",\"shape\":[2,2],\"data_offsets\":[0,16]}}"u8, .. new byte[16]];
        SafetensorsHeader header = SafetensorsHeader.Parse(file);
        SafetensorsEntry entry = Assert.Single(header.Entries);
        Assert.Equal(("test", SafetensorsType.I32, 0L, 16L, 4L), (entry.Name, entry.Type, entry.Begin, entry.End, entry.Count));
        Assert.Equal(new long[] { 2, 2 }, entry.Shape);
        Assert.Equal(68, header.DataStart);
        Assert.Empty(header.Metadata);
        Assert.Same(entry, header.Find("test"));
        Assert.Null(header.Find("tes"));
    }

    [Fact]
    public void Scalars_empty_tensors_any_order_and_padding_are_legal()
    {
        SafetensorsHeader header = SafetensorsHeader.Parse(File(
            """
             {"late":{"shape":[],"data_offsets":[4,12],"dtype":"F64"},"none":{"dtype":"F32","shape":[3,0,9],"data_offsets":[4,4]},
              "__metadata__":{"format":"pt","\u00e9":"\ud83d\ude00"},"early":{"dtype":"F4","shape":[2,4],"data_offsets":[0,4],"extra":{"a":[1]}}}
            """.TrimStart() + " \n\t ", 12));
        Assert.Equal(["early", "none", "late"], header.Entries.Select(entry => entry.Name));
        Assert.Equal((1, 0, 8), (header.Find("late")!.Count, header.Find("none")!.Count, header.Find("early")!.Count));
        Assert.Equal("😀", header.Metadata["é"]);
        Assert.Empty(SafetensorsHeader.Parse(File("{}", 0)).Entries);
    }

    [Fact]
    public void Every_type_of_the_format_is_listed_with_its_size()
    {
        (string Name, int Bits)[] types =
        [
            ("BOOL", 8), ("F4", 4), ("F6_E2M3", 6), ("F6_E3M2", 6), ("U8", 8), ("I8", 8), ("F8_E5M2", 8), ("F8_E4M3", 8), ("F8_E8M0", 8),
            ("F8_E4M3FNUZ", 8), ("F8_E5M2FNUZ", 8), ("I16", 16), ("U16", 16), ("F16", 16), ("BF16", 16), ("I32", 32), ("U32", 32), ("F32", 32),
            ("C64", 64), ("F64", 64), ("I64", 64), ("U64", 64),
        ];
        Assert.Equal(types.Select(type => type.Name), Enum.GetNames<SafetensorsType>());
        foreach ((string name, int bits) in types)
        {
            SafetensorsEntry entry = SafetensorsHeader.Parse(File($$$"""{"x":{"dtype":"{{{name}}}","shape":[4,2],"data_offsets":[0,{{{bits}}}]}}""", bits)).Entries[0];
            Assert.Equal((name, bits), (entry.Type.Name(), entry.Type.Bits()));
            Assert.Equal(name is "F16" or "BF16" or "F32" or "F64", entry.Type.IsConvertible());
        }
    }

    public static TheoryData<string, int, string> Broken() => new()
    {
        { """["x"]""", 0, "does not start with '{'" },
        { " {}", 0, "does not start with '{'" },
        { "", 0, "does not start with '{'" },
        { """{"x":""", 0, "not valid JSON" },
        { "{}}", 0, "not valid JSON" },
        { "{}\0", 0, "not valid JSON" },
        { "{} // note", 0, "not valid JSON" },
        { """{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},}""", 1, "not valid JSON" },
        { """{"\ud800":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1, "not valid Unicode" },
        { """{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"x":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", 2, "tensor 'x': the header names it twice" },
        { """{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\u0078":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", 2, "names it twice" },
        { """{"__metadata__":{},"__metadata__":{}}""", 0, "twice" },
        { """{"__metadata__":{"a":"1","a":"1"}}""", 0, "the key 'a' twice" },
        { """{"__metadata__":{"a":1}}""", 0, "not a string at 'a'" },
        { """{"__metadata__":["a"]}""", 0, "not a JSON object" },
        { """{"__metadata__":null}""", 0, "not a JSON object" },
        { """{"x":[1]}""", 0, "not a JSON object" },
        { """{"x":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1, "dtype twice" },
        { """{"x":{"dtype":"U8","shape":[1],"shape":[1],"data_offsets":[0,1]}}""", 1, "shape twice" },
        { """{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"data_offsets":[0,1]}}""", 1, "data_offsets twice" },
        { """{"x":{"shape":[1],"data_offsets":[0,1]}}""", 1, "lacks dtype" },
        { """{"x":{"dtype":"U8","data_offsets":[0,1]}}""", 1, "lacks shape" },
        { """{"x":{"dtype":"U8","shape":[1],"offsets":[0,1]}}""", 1, "lacks data_offsets" },
        { """{"x":{"dtype":"F128","shape":[1],"data_offsets":[0,16]}}""", 16, "dtype 'F128' is unknown" },
        { """{"x":{"dtype":"f32","shape":[1],"data_offsets":[0,4]}}""", 4, "dtype 'f32' is unknown" },
        { """{"x":{"dtype":7,"shape":[1],"data_offsets":[0,4]}}""", 4, "unknown" },
        { """{"x":{"dtype":"U8","shape":1,"data_offsets":[0,1]}}""", 1, "shape is not a list" },
        { """{"x":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}""", 1, "shape contains something other" },
        { """{"x":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}""", 1, "shape contains something other" },
        { """{"x":{"dtype":"U8","shape":[1e0],"data_offsets":[0,1]}}""", 1, "shape contains something other" },
        { """{"x":{"dtype":"U8","shape":["1"],"data_offsets":[0,1]}}""", 1, "shape contains something other" },
        { """{"x":{"dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,1]}}""", 1, "shape contains something other" },
        { """{"x":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}}""", 0, "too large" },
        { """{"x":{"dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,0]}}""", 0, "too large" },
        { """{"x":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}}""", 2, "whole bytes" },
        { """{"x":{"dtype":"U8","shape":[1],"data_offsets":[0]}}""", 1, "1 numbers instead of begin and end" },
        { """{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1,2]}}""", 1, "3 numbers instead of begin and end" },
        { """{"x":{"dtype":"U8","shape":[1],"data_offsets":[-1,0]}}""", 1, "data_offsets contains something other" },
        { """{"x":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}""", 1, "begin at 1 and end before that" },
        { """{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "F32[2] takes 8 bytes, but data_offsets span 4" },
        { """{"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"y":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}""", 3, "tensor 'y': its data at [1, 3) overlaps" },
        { """{"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"y":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""", 2, "overlaps" },
        { """{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"y":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}""", 3, "bytes 1 to 2 of the data before it belong to no tensor" },
        { """{"x":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", 2, "bytes 0 to 1" },
        { """{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 3, "the last 2 bytes of the data belong to no tensor" },
        { """{"x":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", 3, "ends beyond the 3 bytes" },
        { "{}", 1, "the last 1 bytes" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_broken_rule_is_named(string header, int dataLength, string problem)
    {
        var e = Assert.Throws<SafetensorsException>(() => SafetensorsHeader.Parse(File(header, dataLength), "weights.bin"));
        Assert.StartsWith("weights.bin: ", e.Message, StringComparison.Ordinal);
        Assert.Contains(problem, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0UL, 7, "fewer than the 8")]
    [InlineData(100_000_001UL, 100, "the format allows 100,000,000")]
    [InlineData(ulong.MaxValue, 100, "the format allows 100,000,000")]
    [InlineData(93UL, 100, "the file has only 100")]
    [InlineData(0UL, 8, "does not start with '{'")]
    public void The_length_of_the_header_is_checked_before_it_is_used(ulong length, int fileLength, string problem)
    {
        var file = new byte[fileLength];
        if (fileLength >= 8)
            BinaryPrimitives.WriteUInt64LittleEndian(file, length);
        Assert.Contains(problem, Assert.Throws<SafetensorsException>(() => SafetensorsHeader.Parse(file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_not_UTF8_are_refused()
    {
        byte[] header = [.. "{\"x"u8, 0xC3, 0x28, .. "\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}"u8];
        Assert.Contains("UTF-8", Assert.Throws<SafetensorsException>(() => SafetensorsHeader.Parse(File(header, 1))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_from_the_file_reach_messages_shortened_and_without_control_characters()
    {
        string name = "\\u001b[2J" + new string('n', 5000);
        var e = Assert.Throws<SafetensorsException>(() => SafetensorsHeader.Parse(File($$$"""{"{{{name}}}":{"dtype":"U8","shape":[2],"data_offsets":[0,1]}}""", 1)));
        Assert.DoesNotContain('\u001b', e.Message);
        Assert.InRange(e.Message.Length, 200, 500);
    }

    [Fact]
    public void Deep_nesting_is_refused()
    {
        string deep = new string('[', 100_000) + new string(']', 100_000);
        Assert.Throws<SafetensorsException>(() => SafetensorsHeader.Parse(File($$$"""{"x":{"dtype":"U8","other":{{{deep}}},"shape":[1],"data_offsets":[0,1]}}""", 1)));
    }
}
