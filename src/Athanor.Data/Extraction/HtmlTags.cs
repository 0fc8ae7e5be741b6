namespace Athanor.Data.Extraction;

/// <summary>Names and kinds of elements.</summary>
internal static class HtmlTags
{
    private const int Slots = 1024;
    private static readonly ulong[] Keys = new ulong[Slots];
    private static readonly HtmlTag[] Values = new HtmlTag[Slots];
    private static readonly TagKind[] Kinds = new TagKind[256];

    static HtmlTags()
    {
        foreach (HtmlTag tag in Enum.GetValues<HtmlTag>())
        {
            if (tag is HtmlTag.Unknown or HtmlTag.Text or HtmlTag.Custom)
                continue;
            string name = tag.ToString();
            ulong key = Key(name);
            int slot = Slot(key);
            while (Keys[slot] != 0)
                slot = (slot + 1) % Slots;
            (Keys[slot], Values[slot]) = (key, tag);
        }
        Set(TagKind.Void,
            "Area Base Br Col Embed Frame Hr Img Input Link Meta Param Source Track Wbr");
        Set(TagKind.Raw,
            "Script Style Iframe Noembed Noframes Textarea Title Xmp Plaintext Noscript");
        Set(TagKind.Unread,
            "Script Style Iframe Noembed Noframes Textarea Title Noscript Template Svg Canvas Audio Video Object Embed Applet Map Datalist Select Option Optgroup " +
            "Button Input Progress Meter Head Rp Menuitem Param Source Track Link Meta Base Col Colgroup Frameset Frame Dialog Nav Rt");
        Set(TagKind.Block | TagKind.ClosesParagraph,
            "Address Article Aside Blockquote Center Dd Details Dialog Dir Div Dl Dt Fieldset Figcaption Figure Footer Form H1 H2 H3 H4 H5 H6 Header Hgroup Hr Li " +
            "Listing Main Menu Nav Ol P Plaintext Pre Search Section Summary Table Ul Xmp");
        Set(TagKind.Block,
            "Custom Body Html Head Caption Tbody Td Tfoot Th Thead Tr Legend Frameset Iframe Video Audio Option Select");
        Set(TagKind.Scope,
            "Table Td Th Caption Body Html Template Svg Math Object Button");
        Set(TagKind.Heading,
            "H1 H2 H3 H4 H5 H6");
        Set(TagKind.InHead,
            "Base Link Meta Noscript Script Style Template Title Object");
        Set(TagKind.Container,
            "Article Custom Div Main Section Td Table Tbody Body Form Center Blockquote Fieldset Span Figure Ul Ol Dl Tr Li Dd Details Aside Html Header");
        Set(TagKind.Formatting,
            "A Abbr B Big Cite Code Data Del Em Font I Ins Kbd Label Mark Q S Samp Small Span Strike Strong Sub Sup Tt U Var Unknown Time");
        Set(TagKind.Marked,
            "Article Aside Blockquote Custom Details Div Dl Fieldset Figure Figcaption Footer Form H1 H2 H3 H4 H5 H6 Header Li Main Ol P Section Span Table Td Tr " +
            "Ul Small Address Body Dd Dt Tbody Time Strong A Em I B Unknown Menu Label Sup Pre Code");
    }

    /// <summary>How an element is parsed and laid out.</summary>
    public static TagKind Kind(HtmlTag tag) => Kinds[(int)tag];

    /// <summary>Whether an element has one of the kinds.</summary>
    public static bool Is(HtmlTag tag, TagKind kind) => (Kinds[(int)tag] & kind) != 0;

    /// <summary>The element of a name in any case.</summary>
    public static HtmlTag Find(ReadOnlySpan<char> name)
    {
        ulong key = Key(name);
        for (int slot = Slot(key); Keys[slot] != 0; slot = (slot + 1) % Slots)
        {
            if (Keys[slot] == key)
                return Values[slot];
        }
        // Elements of web components are boxes as a rule, whatever the style sheet's default says.
        return name.Contains('-') ? HtmlTag.Custom : HtmlTag.Unknown;
    }

    /// <summary>The first seven letters, lower-cased, and the length: no two known names share both.</summary>
    private static ulong Key(ReadOnlySpan<char> name)
    {
        ulong key = (ulong)(byte)Math.Min(name.Length, 255);
        for (int i = 0; i < Math.Min(name.Length, 7); i++)
            key = (key << 8) | (name[i] < 128 ? (byte)(name[i] | 0x20) : (byte)1);
        return key;
    }

    private static int Slot(ulong key) => (int)((key * 0x9E3779B97F4A7C15UL) >> 54);

    private static void Set(TagKind kind, string tags)
    {
        foreach (string tag in tags.Split(' '))
            Kinds[(int)Enum.Parse<HtmlTag>(tag)] |= kind;
    }
}
