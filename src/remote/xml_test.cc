#include "remote/xml.h"

#include <gtest/gtest.h>

namespace colvec {
namespace {

TEST(Xml, ReadsWhatObjectStoresAnswer) {
  const XmlElement xml =
      parse_xml(
          "\xEF\xBB\xBF <?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- made up -->"
          "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name>"
          "<Contents a='>'><Key>a &amp; b</Key><Size>5</Size></Contents><s3:Contents><Key/>"
          "</s3:Contents></ListBucketResult>\n",
          "list")
          .value();
  EXPECT_EQ(xml.name, "ListBucketResult");
  EXPECT_EQ(xml.text_of("Name"), "b");
  EXPECT_EQ(xml.text_of("None"), "");
  ASSERT_EQ(xml.children.size(), 3u);
  EXPECT_EQ(xml.children[1].name, "Contents");
  EXPECT_EQ(xml.children[1].text_of("Key"), "a & b");
  EXPECT_EQ(xml.children[2].name, "Contents");
  EXPECT_EQ(xml.children[2].text_of("Key"), "");
  EXPECT_EQ(xml.child("None"), nullptr);
}

TEST(Xml, EntitiesAreCharacters) {
  EXPECT_EQ(parse_xml("<a>&lt;&gt;&quot;&apos;&amp;&#65;&#x42;&#xe9;&#x1F600;</a>", "x")->text,
            "<>\"'&AB\xC3\xA9\xF0\x9F\x98\x80");
}

TEST(Xml, RefusesWhatIsNot) {
  std::string deep, wide = "<a>";
  for (int i = 0; i < 17; ++i) deep += "<a>";
  for (int i = 0; i < 17; ++i) deep += "</a>";
  for (int i = 0; i < 100'001; ++i) wide += "<b/>";
  for (const std::string& text : {std::string(),
                                  std::string("text"),
                                  std::string("<a>"),
                                  std::string("<a></b>"),
                                  std::string("<a></a>x"),
                                  std::string("<a></a><b></b>"),
                                  std::string("<a>&none;</a>"),
                                  std::string("<a>&lt</a>"),
                                  std::string("<a>&#xD800;</a>"),
                                  std::string("<a>&#0;</a>"),
                                  std::string("<a>&#99999999999;</a>"),
                                  std::string("<a>&#x110000;</a>"),
                                  std::string("<!DOCTYPE a><a></a>"),
                                  std::string("<a><![CDATA[x]]></a>"),
                                  std::string("<a x></a>"),
                                  std::string("<a x=1></a>"),
                                  std::string("<a x='1></a>"),
                                  std::string("<a><?p?></a>"),
                                  std::string("<!-- x"),
                                  std::string("<"),
                                  std::string("</a>"),
                                  std::string("<a"),
                                  std::string("<a /"),
                                  deep,
                                  wide + "</a>"}) {
    const auto xml = parse_xml(text, "answer");
    ASSERT_FALSE(xml.has_value()) << text.substr(0, 100);
    EXPECT_EQ(xml.error().code, ErrorCode::kCorruption);
    EXPECT_TRUE(xml.error().message.starts_with("answer: ")) << xml.error().message;
  }
}

}  // namespace
}  // namespace colvec
