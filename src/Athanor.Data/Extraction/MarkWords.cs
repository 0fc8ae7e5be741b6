using Athanor.Data.Matching;

namespace Athanor.Data.Extraction;

/// <summary>
/// Reads marks from class names, which sites name after a common vocabulary. Names are taken apart at hyphens, underscores and changes of case, so <c>post-content</c>,
/// <c>post__content</c> and <c>postContent</c> are one. In the lists, <c>^</c> and <c>$</c> stand at the ends of a whole name, <c>&lt;</c> and <c>&gt;</c> at ends of its parts.
/// </summary>
internal static class MarkWords
{
    private const int Longest = 320;

    private static readonly (Mark Mark, string Words)[] Lists =
    [
        (Mark.ArticleBody, "articlebody articlecontent articletext articlecopy postcontent posttext postbody <postentry entrycontent entrybody entrytext <artcontent bodytext storybody storycontent newsbody newstext newscontent " +
            "contentbody textcontent <artikeltext <artikelinhalt postbodycopy postinner storytext bodycopy articlecontainer articledetail <contenttext blogbody fieldnamebody fieldbody <haupttext <mwparseroutput markdownbody ^post$ ^entry$ ^fulltext$ <blogcontent singlecontent"),
        (Mark.Article, "^article ^artikel$ ^story$ <hentry> singlepost <wpbtextcolumn maincolumn ^postarea$ ^text$ ^blogpost$ <themecontent> <sectioncontent> fulltext ^news$ ^post-"),
        (Mark.Content, "^content$ contentmain maincontent pagecontent contentarea <primarycontent> ^inhalt$ ^contents$ ^contenido$ ^contenu$ ^innercontent$ <contentinner ^bodycontent$ ^contentwrap ^sitecontent"),
        (Mark.Main, "^main$ ^main ^primary$"),
        (Mark.Navigation, "<nav> <navi> navigation <subnav navbar navbox <menu menu> <submenu breadcrumb <crumbs> pagination <pager> <paging> pagenav <toc> tableofcontents <skiplink <skipto sitemap <navlist <topbar> <toolbar> <postnav <navlinks jumptonav"),
        (Mark.Footer, "footer <colophon> <copyright> <impressum> <imprint>"),
        (Mark.Sidebar, "sidebar <aside> <rightcol <leftcol <rightrail <siderail <marginalia <marginalspalte ^widget <widgetarea <sidebarwidget <textwidget <rightcolumn> <sidecol"),
        (Mark.Share, "<share <sharing sharedaddy <shariff <social <addthis <addtoany sociable <follow> <followus> <likebox> <tweetbutton <addthis <facebook> <twitter> <instagram> <whatsapp> <viral <jpshare <sharethis <ssba <heateor"),
        (Mark.Comments, "^comment$ ^comment- ^comments <commentlist <comments> <commentarea <commentform postcomment articlecomment disqus <respond> ^comol ^dsq <nocomments> <kommentare> <kommentar> <leserkommentar <akismet> ^reply <commentsection <discussion> <userreview <pingback <trackback"),
        (Mark.Related, "related <similar <recommend recommendation <outbrain> <taboola> <morestories <morenews <mostread <mostpopular <popularpost <popular> <trending> <readmore> <readalso <alsolike <youmaylike <seealso <nextpost <prevpost <nextarticle <moreon> <furtherreading> <yarpp <crosssell <moreposts <latestposts <latestnews <recentposts <recent> <upnext> <nextstory <savoirplus <furtherinfo <weitereinfo <readmorebox <weitereartikel> <mehrzum> <mostviewed <postsrelated <lireaussi> <suggest"),
        (Mark.Advert, "<ad> <ads> <adv> <advert <advertisement> <sponsor <sponsored> <promo> <promotion> <promobox <banner <anzeige> <werbung> <criteo> <adsense> <paidcontent <dfp> <adslot <adcontainer <adbox <affiliate <commercial> <googlead"),
        (Mark.Consent, "cookie <consent <gdpr <dsgvo <onetrust <privacynotice <datenschutz>"),
        (Mark.Byline, "<byline <author> <authors> <authorbox <authorinfo <authorbio <autor> <postmeta> <entrymeta> <meta> <metadata> <metabox <timestamp> <pubdate> <published> <publishdate> <postdate> <entrydate> <articledate> <dateline> <dates> <tags> <tag> <taglist <tagcloud <postinfo> <articleinfo <categories> <category> <catlinks> <kategorien> <rubrik> <userinfo <userprofile <rating> <ratings> <filedunder> <postedon> <postedin> <entryinfo <keywords> <entryutility <artikelinfo <articlemeta <readingtime <viewcount"),
        (Mark.Teaser, "<teaser <teasers> <card> <cards> <carousel <slider> <slideshow> <slick <swiper"),
        (Mark.Popup, "<modal <popup <overlay> <lightbox> <offcanvas> <interstitial> <tooltip <flyout>"),
        (Mark.Interface, "newsletter <subscri <syndication> <login> <signin> <signup> <register <searchform> <searchbox <button> <buttons> <btn> <paywall <premium> <accessib <toggle <donat <feedback> <survey> <poll> <rss> <printbutton <appdownload <abo> <abonnement> <control> <controls> <obfuscated <blurred <expand> <options> <contactform> <disclaimer> <disclosure <licenceinfo <articlecopyright <copyrightinfo <gravatar <captcha <appstore <appstores <wpcf <langswitch <languageswitch <editsection <weather <alert> <errormsg <loading> <audioplayer <mediaplayer <playerbox <videoplayer"),
        (Mark.Unseen, "^hide$ ^hidden$ <noprint> <hideprint> <printhidden> <sronly> <visuallyhidden> <screenreader <noscript> ^notloaded <invisible> <printonly>"),
        (Mark.Caption, "<caption <captions> <imagecredit <photocredit <bildunterschrift> <bildnachweis> <figcaption"),
        (Mark.LineNumbers, "<gutter> <linenos> <linenumbers> <linenums> <lineno> <lnum> <rougegutter> <blobnum"),
        (Mark.RenderedMath, "<katexhtml> <mathjax> <mathjaxpreview> <mathjaxdisplay> <mwemathfallback <mjxmath>"),
        (Mark.Header, "<siteheader> <sitebranding <masthead> <topheader <globalheader <mainheader>"),
    ];

    private static readonly (Mark Mark, bool NameStart, bool NameEnd, bool PartStart, bool PartEnd)[] Rules;
    private static readonly AhoCorasick Words;
    private static readonly int[][] RulesOfWord;

    static MarkWords()
    {
        var words = new List<string>();
        var ofWord = new List<List<int>>();
        var rules = new List<(Mark, bool, bool, bool, bool)>();
        foreach ((Mark mark, string list) in Lists)
        {
            foreach (string entry in list.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                string word = entry.Trim('^', '$', '<', '>', '-');
                int index = words.IndexOf(word);
                if (index < 0)
                {
                    index = words.Count;
                    words.Add(word);
                    ofWord.Add([]);
                }
                ofWord[index].Add(rules.Count);
                rules.Add((mark, entry[0] == '^', entry[^1] == '$', entry[0] == '<', entry[^1] is '>' or '-'));
            }
        }
        Words = new AhoCorasick(words);
        Rules = [.. rules];
        RulesOfWord = [.. ofWord.Select(list => list.ToArray())];
    }

    /// <summary>The marks of an element.</summary>
    public static Mark Of(ReadOnlySpan<char> page, Extent classes, Extent id, Extent role, Extent property)
    {
        if (classes.IsEmpty && id.IsEmpty && role.IsEmpty && property.IsEmpty)
            return Mark.None;
        Mark marks = OfNames(classes.Of(page)) | OfNames(id.Of(page));
        if (!role.IsEmpty)
            marks |= OfRole(role.Of(page).Trim());
        if (!property.IsEmpty && property.Of(page).Contains("articleBody", StringComparison.OrdinalIgnoreCase))
            marks |= Mark.ArticleBody;
        return marks;
    }

    private static Mark OfRole(ReadOnlySpan<char> role) => role switch
    {
        "main" => Mark.Main,
        "article" => Mark.Article,
        "navigation" or "menu" or "menubar" or "tablist" or "search" or "toolbar" => Mark.Navigation,
        "contentinfo" => Mark.Footer,
        "complementary" => Mark.Sidebar,
        "banner" => Mark.Header,
        "dialog" or "alertdialog" or "alert" or "tooltip" => Mark.Popup,
        "button" or "form" => Mark.Interface,
        _ => Mark.None,
    };

    /// <summary>The marks of a list of class names.</summary>
    private static Mark OfNames(ReadOnlySpan<char> names)
    {
        // Style sheets of utility classes make lists of hundreds of names; those that mean something come first.
        names = names.Length > Longest ? names[..Longest] : names;
        Span<bool> begins = stackalloc bool[Longest + 1];
        Span<char> letters = stackalloc char[Longest];
        Mark marks = Mark.None;
        int length = 0;
        bool cut = true, wasLower = false, wasDigit = false;
        foreach (char c in names)
        {
            if (c is ' ' or '\n' or '\t' or '\r')
            {
                marks |= OfName(letters[..length], begins);
                (length, cut, wasLower, wasDigit) = (0, true, false, false);
                continue;
            }
            if (!char.IsAsciiLetterOrDigit(c))
            {
                cut = true;
                continue;
            }
            bool upper = char.IsAsciiLetterUpper(c), digit = char.IsAsciiDigit(c);
            begins[length] = cut || (upper && wasLower) || digit != wasDigit;
            letters[length++] = c;
            (cut, wasLower, wasDigit) = (false, !upper && !digit, digit);
        }
        return marks | OfName(letters[..length], begins);
    }

    private static Mark OfName(ReadOnlySpan<char> letters, Span<bool> begins)
    {
        // "has-sidebar" and "no-sharing" speak of other elements.
        if (letters.Length > 4 && ((begins[3] && letters is ['h', 'a', 's', ..]) || (begins[2] && letters is ['n', 'o', ..]) || (begins[4] && letters is ['w', 'i', 't', 'h', ..])))
            return Mark.None;
        Mark marks = Mark.None;
        begins[letters.Length] = true;
        int state = 0;
        for (int i = 0; i < letters.Length; i++)
        {
            state = Words.Step(state, letters[i]);
            for (int ending = Words.Ending(state); ending != 0; ending = Words.Shorter(ending))
            {
                int word = Words.WordOf(ending), start = i + 1 - Words.Lengths[word];
                foreach (int rule in RulesOfWord[word])
                {
                    (Mark mark, bool nameStart, bool nameEnd, bool partStart, bool partEnd) = Rules[rule];
                    if ((!nameStart || start == 0) && (!nameEnd || i + 1 == letters.Length) && (!partStart || begins[start]) && (!partEnd || begins[i + 1]))
                        marks |= mark;
                }
            }
        }
        return marks;
    }
}
